#include "config/sink_spec.hpp"

#include <array>

#include <fmt/format.h>

namespace velo::config {

namespace {

constexpr std::array kTimestamps{
    Choice<TimestampFormat>{"rfc3339", TimestampFormat::Rfc3339},
    Choice<TimestampFormat>{"epoch_ms", TimestampFormat::EpochMillis},
};

CreateTopicSpec read_create(const Value& value) {
    CreateTopicSpec create;
    Section section = value.section("create");
    section.integer("partitions", create.partitions, 1, 100'000);
    section.integer("replication", create.replication, 1, 100);
    section.finish();
    return create;
}

KafkaSinkSpec read_kafka(const Value& value, std::string noun) {
    KafkaSinkSpec kafka;
    Section section = value.section(std::move(noun));
    section.need_text("topic", kafka.topic, Variables::FilledIn);
    if (const auto create = section.find("create")) kafka.create = read_create(*create);
    section.finish();
    return kafka;
}

FileSinkSpec read_file(const Value& value, std::string noun) {
    FileSinkSpec file;
    Section section = value.section(std::move(noun));
    section.need_text("path", file.path, Variables::FilledIn);
    section.finish();
    return file;
}

// Exactly one of `kafka:` and `file:`.
SinkTarget read_target(Section& section, const Value& whole, const std::string& noun) {
    const auto kafka = section.find("kafka");
    const auto file = section.find("file");
    SinkTarget target;
    if (kafka) target = read_kafka(*kafka, "kafka " + noun);
    if (file) target = read_file(*file, "file " + noun);
    if (kafka && file) file->refuse(fmt::format("{} has both 'kafka' and 'file'; keep one", noun));
    if (!kafka && !file && whole.is_mapping())
        whole.refuse(
            fmt::format("{} has neither 'kafka' nor 'file'; write kafka: {{topic: …}}", noun));
    return target;
}

}  // namespace

std::string_view timestamps_name(TimestampFormat timestamps) noexcept {
    return word_of(kTimestamps, timestamps);
}

SinkSpec read_sink(const Value& value) {
    SinkSpec sink;
    sink.place = value.place();
    Section section = value.section("sink");
    sink.to = read_target(section, value, "sink");
    read_format(section, sink.format);
    if (const auto key = section.find("key")) {
        for (const Value& column : key->items()) {
            if (const auto name = column.text(Variables::Verbatim))
                sink.key.push_back({*name, column.place()});
        }
        if (key->is_sequence() && key->node().items.empty())
            key->refuse("'key' is an empty list; name output columns or leave it out");
    }
    section.choice("timestamps", sink.timestamps, kTimestamps);
    section.finish();
    return sink;
}

DlqSpec read_dlq(const Value& value) {
    Section section = value.section("dlq");
    DlqSpec dlq{read_target(section, value, "dlq")};
    section.finish();
    return dlq;
}

DlqSpec default_dlq(const std::string& job, const SinkTarget& sink) {
    const std::string name = job + ".dlq";
    const auto* file = std::get_if<FileSinkSpec>(&sink);
    if (file == nullptr) return {KafkaSinkSpec{{name, {}}, std::nullopt}};
    return {FileSinkSpec{{file->path.value == "-" ? name : file->path.value + ".dlq", {}}}};
}

}  // namespace velo::config
