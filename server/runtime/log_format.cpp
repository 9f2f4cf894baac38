#include "server/runtime/log_format.hpp"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace velo::runtime {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kNamedMarks = 2;  // A header whose marks have names: of several sources.
constexpr std::uint64_t kKeysComeRound = 4;
constexpr std::string_view kNoteVersion = "vs1";
constexpr std::size_t kMostItems = 1U << 20;  // No list of a sound header is longer.

class Writer {
public:
    void number(std::uint64_t value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        bytes_.append(bytes, sizeof bytes);
    }
    void number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
    void time(EventTime value) {
        number(static_cast<std::int64_t>(value.time_since_epoch().count()));
    }
    void text(std::string_view value) {
        number(static_cast<std::uint64_t>(value.size()));
        bytes_ += value;
    }
    void raw(std::string_view value) { bytes_ += value; }
    void version(std::uint8_t version = kVersion) { bytes_.push_back(static_cast<char>(version)); }
    [[nodiscard]] std::string sealed() {
        number(hash_bytes(bytes_));
        return std::move(bytes_);
    }

private:
    std::string bytes_;
};

/// Reads what Writer wrote; once something does not fit, everything reads as zero and ok() is false.
class Reader {
public:
    /// Takes the seal and the version off; not ok when the seal is wrong or the version later than `newest`.
    explicit Reader(std::string_view sealed, std::uint8_t newest = kVersion) : bytes_(sealed) {
        if (sealed.size() < 1 + sizeof(std::uint64_t)) {
            ok_ = false;
            return;
        }
        bytes_ = sealed.substr(sealed.size() - sizeof(std::uint64_t));
        const std::uint64_t seal = number();
        bytes_ = sealed.substr(0, sealed.size() - sizeof(std::uint64_t));
        version_ = static_cast<std::uint8_t>(bytes_.front());
        ok_ = seal == hash_bytes(bytes_) && version_ >= kVersion && version_ <= newest;
        bytes_.remove_prefix(1);
    }
    [[nodiscard]] std::uint8_t version() const noexcept { return version_; }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool done() const noexcept { return ok_ && bytes_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return bytes_; }

    std::uint64_t number() {
        std::uint64_t value = 0;
        if (!ok_ || bytes_.size() < sizeof value) {
            ok_ = false;
            return 0;
        }
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_.remove_prefix(sizeof value);
        return value;
    }
    std::int64_t signed_number() { return static_cast<std::int64_t>(number()); }
    EventTime time() { return EventTime{Duration{signed_number()}}; }
    std::string text() {
        const std::uint64_t size = number();
        if (!ok_ || size > bytes_.size()) {
            ok_ = false;
            return {};
        }
        std::string value(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return value;
    }
    /// The size of a list of things of at least `least` bytes each.
    std::size_t size(std::size_t least) {
        const std::uint64_t count = number();
        if (count > kMostItems || count * least > bytes_.size()) ok_ = false;
        return ok_ ? count : 0;
    }

private:
    std::string_view bytes_;
    std::uint8_t version_ = 0;
    bool ok_ = true;
};

void write(Writer& out, const LogRound& round) {
    out.number(round.number);
    out.number(round.first_epoch);
    out.number(round.start);
    out.number(round.chunks);
    out.number(round.hash);
}

LogRound read_round(Reader& in) {
    LogRound round;
    round.number = in.number();
    round.first_epoch = in.number();
    round.start = in.signed_number();
    round.chunks = in.number();
    round.hash = in.number();
    return round;
}

void write(Writer& out, const JobHeader& job) {
    out.number(static_cast<std::uint64_t>(job.shape.size()));
    for (const engine::StatePart& part : job.shape) {
        out.text(part.part);
        out.text(part.text);
    }
    out.number(static_cast<std::uint64_t>(job.lives.size()));
    for (const LogLife& life : job.lives) {
        out.number(life.run);
        out.number(life.first_epoch);
        out.number(life.last_epoch);
    }
    out.number(static_cast<std::uint64_t>(job.marks.size()));
    for (const SourceMark& mark : job.marks) {
        out.number(std::uint64_t{mark.partition.value});
        out.number(mark.next_offset);
        out.time(mark.watermark);
    }
    out.number(static_cast<std::uint64_t>(job.answered_to.size()));
    for (const EventTime time : job.answered_to) out.time(time);
    for (const MarkName& name : job.names) {
        out.text(name.topic);
        out.number(std::int64_t{name.partition});
    }
}

JobHeader read_job(Reader& in) {
    JobHeader job;
    job.shape.resize(in.size(16));
    for (engine::StatePart& part : job.shape) {
        part.part = in.text();
        part.text = in.text();
    }
    job.lives.resize(in.size(24));
    for (LogLife& life : job.lives) {
        life.run = in.number();
        life.first_epoch = in.number();
        life.last_epoch = in.number();
    }
    job.marks.resize(in.size(24));
    for (SourceMark& mark : job.marks) {
        mark.partition = SourcePartition{static_cast<std::uint32_t>(in.number())};
        mark.next_offset = in.signed_number();
        mark.watermark = in.time();
    }
    job.answered_to.resize(in.size(8));
    for (EventTime& time : job.answered_to) time = in.time();
    if (in.version() < kNamedMarks) return job;
    job.names.resize(job.marks.size());
    for (MarkName& name : job.names) {
        name.topic = in.text();
        name.partition = static_cast<std::int32_t>(in.signed_number());
    }
    return job;
}

// Takes `prefix` and the number after it off the front of `text`.
template <class Number>
bool take(std::string_view& text, std::string_view prefix, Number& number, int base = 10) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

std::string chunk_key(std::uint64_t round, std::uint64_t number) {
    return fmt::format("c{}.{}", round % kKeysComeRound, number);
}

std::string header_key(std::uint64_t epoch) { return fmt::format("h{}", epoch % kKeysComeRound); }

bool is_chunk_key(std::string_view key) noexcept { return key.starts_with('c'); }

std::string encode_chunk(const LogChunk& chunk) {
    Writer out;
    out.version();
    out.number(chunk.run);
    out.number(chunk.epoch);
    out.number(chunk.round);
    out.raw(chunk.entries);
    return out.sealed();
}

std::optional<LogChunk> decode_chunk(std::string_view value) {
    Reader in(value);
    LogChunk chunk;
    chunk.run = in.number();
    chunk.epoch = in.number();
    chunk.round = in.number();
    if (!in.ok()) return std::nullopt;
    chunk.entries = in.rest();
    return chunk;
}

std::string encode_header(const LogHeader& header) {
    Writer out;
    const bool named = header.job && !header.job->names.empty();
    VELO_ASSERT(!named || header.job->names.size() == header.job->marks.size(),
                "all marks have names, or none");
    out.version(named ? kNamedMarks : kVersion);
    out.number(header.run);
    out.number(header.epoch);
    write(out, header.complete);
    write(out, header.current);
    out.number(std::uint64_t{header.job ? 1U : 0U});
    if (header.job) write(out, *header.job);
    return out.sealed();
}

std::optional<LogHeader> decode_header(std::string_view value) {
    Reader in(value, kNamedMarks);
    LogHeader header;
    header.run = in.number();
    header.epoch = in.number();
    header.complete = read_round(in);
    header.current = read_round(in);
    if (in.number() != 0) header.job = read_job(in);
    if (!in.done()) return std::nullopt;
    return header;
}

std::string encode_note(const CommitNote& note) {
    std::string text = fmt::format("{};e={};i={:x};l=", kNoteVersion, note.epoch, note.run);
    for (const CommitNote::Range& range : note.log)
        text += fmt::format("{}+{},", range.start, range.end);
    text += fmt::format(";x={:x}", hash_bytes(text));
    return text;
}

std::optional<CommitNote> decode_note(std::string_view text) {
    CommitNote note;
    std::string_view rest = text;
    if (!rest.starts_with(kNoteVersion)) return std::nullopt;
    rest.remove_prefix(kNoteVersion.size());
    if (!take(rest, ";e=", note.epoch) || !take(rest, ";i=", note.run, 16)) return std::nullopt;
    if (!rest.starts_with(";l=")) return std::nullopt;
    rest.remove_prefix(3);
    for (CommitNote::Range& range : note.log) {
        if (!take(rest, "", range.start) || !take(rest, "+", range.end)) return std::nullopt;
        if (!rest.starts_with(',')) return std::nullopt;
        rest.remove_prefix(1);
    }
    const std::string_view sealed = text.substr(0, text.size() - rest.size());
    std::uint64_t seal = 0;
    if (!take(rest, ";x=", seal, 16) || !rest.empty() || seal != hash_bytes(sealed))
        return std::nullopt;
    return note;
}

std::uint64_t chunk_hash(std::string_view entries) noexcept { return hash_bytes(entries); }

}  // namespace velo::runtime
