// JSON lines as a source: each path is a partition, each line a record, its number the offset.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/file/input_watch.hpp"
#include "connectors/file/line_reader.hpp"
#include "connectors/file/options.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::connectors {

/// One worker's files, each opened when it is added and read once, up to its end.
/// Shape:   a record has a value and nothing else; offsets are line numbers from 0; blank lines are counted and skipped.
/// Thread:  the worker that made it.
class FileReader final : public engine::SourceReader {
public:
    FileReader(const FileSourceOptions& options, int wake_descriptor)
        : options_(options), wake_descriptor_(wake_descriptor) {}

    void add(SourcePartition partition, std::int64_t next_offset,
             std::optional<std::int64_t> end_offset) override;
    [[nodiscard]] std::uint32_t poll(SourcePartition partition, std::uint32_t max_records,
                                     engine::RawBatch& into) override;
    void release(engine::RawBatch& batch) noexcept override;
    [[nodiscard]] engine::SourcePosition position(
        SourcePartition partition) const noexcept override;
    [[nodiscard]] engine::RecordHeaders headers(const engine::RawRecord&) const override {
        return {};
    }
    [[nodiscard]] std::optional<engine::PortError> take_error() override;

private:
    struct File {
        std::unique_ptr<LineReader> lines;  // Empty: it could not be opened.
        std::unique_ptr<InputWatch> watch;  // Only of what can block.
        std::int64_t first_line = 0;        // Lines before it are not wanted.
        std::int64_t next_line = 0;
        std::optional<std::int64_t> end_line;
        bool ended = false;
        bool failed = false;  // What was not read has not ended.
    };

    [[nodiscard]] bool take_line(File& file, SourcePartition partition, engine::RawBatch& into);
    [[nodiscard]] bool read_on(File& file, const std::string& path);
    void wait_for(File& file, const std::string& path);
    void fail(File& file, const std::string& path, std::string text);

    const FileSourceOptions& options_;
    const int wake_descriptor_;
    std::vector<File> files_;  // By SourcePartition; of others, an empty place.
    std::vector<engine::PortError> errors_;
};

/// Ends by itself and remembers nothing: a job over files starts over.
/// Thread:  the control thread; make_reader by any worker. It outlives its readers.
class FileSource final : public engine::Source {
public:
    explicit FileSource(FileSourceOptions options) : options_(std::move(options)) {}

    [[nodiscard]] std::optional<engine::PortError> refresh_partitions(
        std::vector<engine::PartitionName>& partitions) override;
    [[nodiscard]] std::optional<engine::PortError> start_offsets(std::uint32_t first,
                                                                 std::uint32_t count,
                                                                 engine::Offsets& offsets) override;
    /// How many lines a file has is known when it has been read: there are no ends to tell, readers find them.
    [[nodiscard]] std::optional<engine::PortError> end_offsets(const std::vector<SourcePartition>&,
                                                               engine::Offsets&) override {
        return std::nullopt;
    }
    [[nodiscard]] std::optional<engine::PortError> commit(const engine::Offsets&) override {
        return std::nullopt;
    }
    [[nodiscard]] std::unique_ptr<engine::SourceReader> make_reader(
        int wake_descriptor, std::size_t prefetch_bytes) override;
    [[nodiscard]] bool is_bounded() const noexcept override { return true; }
    [[nodiscard]] bool is_durable() const noexcept override { return false; }

private:
    const FileSourceOptions options_;
};

}  // namespace velo::connectors
