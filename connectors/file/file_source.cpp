#include "connectors/file/file_source.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "connectors/byte_budget.hpp"

namespace velo::connectors {

namespace {

constexpr std::string_view kStandardInput = "-";
constexpr int kBlocksPerPoll =
    16;  // So that a poll comes back soon, even from a line that never ends.

bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r") == line.npos;
}

engine::PortError unreadable(std::string_view path, std::string_view reason) {
    return {.fatal = true,
            .code = "file_unreadable",
            .text = fmt::format("cannot read '{}': {}; check the path in the source", path, reason),
            .where = {.topic = std::string(path)}};
}

// What is wrong with the path, seen without opening it.
std::optional<std::string> obstacle(const std::string& path) {
    struct stat status{};
    if (path == kStandardInput) return std::nullopt;
    if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0)
        return std::generic_category().message(errno);
    if (S_ISDIR(status.st_mode)) return "it is a folder";
    return std::nullopt;
}

}  // namespace

std::optional<engine::PortError> FileSource::refresh_partitions(
    std::vector<engine::PartitionName>& partitions) {
    const bool is_first = partitions.empty();
    partitions.clear();
    for (std::size_t i = 0; i < options_.paths.size(); ++i) {
        // Later, a file that has been read may go.
        if (const auto reason = is_first ? obstacle(options_.paths[i]) : std::nullopt)
            return unreadable(options_.paths[i], *reason);
        partitions.push_back({options_.paths[i], static_cast<std::int32_t>(i)});
    }
    return std::nullopt;
}

std::optional<engine::PortError> FileSource::start_offsets(std::uint32_t first, std::uint32_t count,
                                                           engine::Offsets& offsets) {
    for (std::uint32_t i = first; i < first + count; ++i) offsets[SourcePartition{i}] = 0;
    return std::nullopt;
}

std::unique_ptr<engine::SourceReader> FileSource::make_reader(int wake_descriptor, std::size_t) {
    return std::make_unique<FileReader>(options_, wake_descriptor);
}

void FileReader::add(SourcePartition partition, std::int64_t next_offset,
                     std::optional<std::int64_t> end_offset) {
    if (partition.value >= files_.size()) files_.resize(partition.value + 1);
    File& file = files_[partition.value];
    file.first_line = next_offset;
    file.end_line = end_offset;
    const std::string& path = options_.paths[partition.value];
    // Non-blocking, so that opening a named pipe does not wait for its writer.
    const int descriptor = path == kStandardInput
                               ? STDIN_FILENO
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail(file, path, unreadable(path, std::generic_category().message(errno)).text);
    file.lines = std::make_unique<LineReader>(descriptor);
    if (can_block(descriptor))
        file.watch = std::make_unique<InputWatch>(descriptor, wake_descriptor_);
}

std::uint32_t FileReader::poll(SourcePartition partition, std::uint32_t max_records,
                               engine::RawBatch& into) {
    File& file = files_[partition.value];
    std::uint32_t came = 0;
    int blocks = 0;
    while (came < max_records && !file.ended && !file.failed) {
        if (take_line(file, partition, into)) {
            ++came;
        } else if (file.end_line && file.next_line >= *file.end_line) {
            file.ended = true;
        } else if (blocks++ == kBlocksPerPoll) {
            if (came == 0)
                write_wake(
                    wake_descriptor_);  // Only blank lines, or part of a long one: there is more.
            break;
        } else if (!read_on(file, options_.paths[partition.value])) {
            break;
        }
    }
    return came;
}

// The next wanted line among those already read.
bool FileReader::take_line(File& file, SourcePartition partition, engine::RawBatch& into) {
    LineReader::Line line;
    while ((!file.end_line || file.next_line < *file.end_line) && file.lines->next(line)) {
        const std::int64_t number = file.next_line++;
        if (number < file.first_line || is_blank(line.text)) {
            file.lines->give_back(*line.block);
            continue;
        }
        into.push_back({.key = {},
                        .value = line.text,
                        .has_key = false,
                        .has_value = true,
                        .offset = number,
                        .timestamp = engine::kNoTimestamp,
                        .partition = partition,
                        .handle = line.block});
        return true;
    }
    return false;
}

// Reads a block; false when there is nothing to read now, or nothing more.
bool FileReader::read_on(File& file, const std::string& path) {
    if (file.watch && !is_readable(file.lines->descriptor())) {
        wait_for(file, path);
        return false;
    }
    switch (file.lines->fill()) {
        case LineReader::Fill::Some:
            return true;
        case LineReader::Fill::Later:
            wait_for(file, path);
            return false;
        case LineReader::Fill::End:
            file.ended = true;
            return false;
        case LineReader::Fill::Failed:
            fail(file, path, unreadable(path, file.lines->error()).text);
            return false;
    }
    return false;
}

void FileReader::wait_for(File& file, const std::string& path) {
    if (const auto reason = file.watch->ask())
        fail(file, path,
             fmt::format("cannot wait for '{}': {}; read a file instead", path, *reason));
}

void FileReader::release(engine::RawBatch& batch) noexcept {
    for (const engine::RawRecord& record : batch) {
        files_[record.partition.value].lines->give_back(*static_cast<LineBlock*>(record.handle));
    }
    batch.clear();
}

engine::SourcePosition FileReader::position(SourcePartition partition) const noexcept {
    const File& file = files_[partition.value];
    return {.next_offset = std::max(file.next_line, file.first_line), .ended = file.ended};
}

std::optional<engine::PortError> FileReader::take_error() {
    if (errors_.empty()) return std::nullopt;
    engine::PortError error = std::move(errors_.back());
    errors_.pop_back();
    return error;
}

void FileReader::fail(File& file, const std::string& path, std::string text) {
    errors_.push_back({.fatal = true,
                       .code = "file_unreadable",
                       .text = std::move(text),
                       .where = {.topic = path, .partition = {}, .offset = file.next_line}});
    file.failed = true;
}

}  // namespace velo::connectors
