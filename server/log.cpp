#include "server/log.hpp"

#include <memory>
#include <mutex>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "server/log_rate.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

spdlog::level::level_enum spdlog_level(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::Debug:
            return spdlog::level::debug;
        case config::LogLevel::Info:
            return spdlog::level::info;
        case config::LogLevel::Warning:
            return spdlog::level::warn;
        case config::LogLevel::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

/// What is no trouble, such as the states of a job that starts again, is told in full unless it goes on and on.
constexpr std::uint32_t kNews = 5;

// The process has one standard error, and so one log.
class Log {
public:
    Log() : logger_("velostream", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
        logger_.set_pattern("%v");  // The lines come whole: spdlog's JSON patterns do not escape.
        logger_.flush_on(spdlog::level::trace);
    }

    void set_up(config::LogLevel level, config::LogFormat format) {
        const std::lock_guard lock(mutex_);
        logger_.set_level(spdlog_level(level));
        format_ = format;
    }

    void write(config::LogLevel level, const LogFields& fields, std::string_view message) {
        const std::lock_guard lock(mutex_);
        ++messages_.at(static_cast<std::size_t>(level));
        if (!logger_.should_log(spdlog_level(level))) return;
        const EventTime now{Duration{runtime::wall_now_us()}};
        const auto held_back =
            rate_.admit(fields.code, fields.job, now, level == config::LogLevel::Info ? kNews : 1);
        if (!held_back) return;
        const auto line = format_ == config::LogFormat::Json ? json_line : text_line;
        logger_.log(spdlog_level(level),
                    spdlog::string_view_t(line(now, level, fields, message, *held_back)));
    }

    [[nodiscard]] std::array<std::uint64_t, 4> messages() {
        const std::lock_guard lock(mutex_);
        return messages_;
    }

private:
    std::mutex mutex_;  // Guards the rate too, so the sink needs none of its own.
    spdlog::logger logger_;
    LogRate rate_;
    std::array<std::uint64_t, 4> messages_{};
    config::LogFormat format_ = config::LogFormat::Text;
};

Log& the_log() {
    static Log log;
    return log;
}

}  // namespace

void set_up_log(config::LogLevel level, config::LogFormat format) {
    the_log().set_up(level, format);
}

void log(config::LogLevel level, const LogFields& fields, std::string_view message) {
    the_log().write(level, fields, message);
}

std::array<std::uint64_t, 4> log_messages() { return the_log().messages(); }

}  // namespace velo::server
