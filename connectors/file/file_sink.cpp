#include "connectors/file/file_sink.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "connectors/file/dead_letter_line.hpp"
#include "engine/base/assert.hpp"

namespace velo::connectors {

namespace {

constexpr std::string_view kStandardOutput = "-";
constexpr mode_t kFileMode = 0666;        // The umask takes away what is not wanted.
constexpr std::size_t kSpareParcels = 8;  // More keep their place but not their bytes.

}  // namespace

bool FileWriter::try_write(std::unique_ptr<engine::OutputChunk>& chunk) {
    const std::size_t charge = chunk->bytes.size() + chunk->records.size();
    if (!destination_.budget.try_take(charge, port_.room)) return false;
    LineParcel& parcel = begin_parcel(chunk->epoch, chunk->records.size(), charge);
    for (const auto& record : chunk->records) {
        const std::string_view key =
            record.key_size == engine::OutputChunk::kNone ? std::string_view{} : chunk->key(record);
        parcel.payload_bytes += key.size();
        if (record.value_size == engine::OutputChunk::kNone) {
            append_tombstone(parcel.lines, key, destination_.key);
            continue;
        }
        const std::string_view value = chunk->value(record);
        parcel.payload_bytes += value.size();
        parcel.lines += value;
        parcel.lines += '\n';
    }
    send(parcel);
    chunk->clear();
    return true;
}

bool FileWriter::try_write(const engine::DeadLetter& letter, EpochId epoch) {
    const std::size_t charge = letter.key.size() + letter.value.size() + letter.error.size();
    if (!destination_.budget.try_take(charge, port_.room)) return false;
    LineParcel& parcel = begin_parcel(epoch, 1, charge);
    parcel.is_dead_letters = true;
    append_dead_letter(parcel.lines, letter);
    send(parcel);
    return true;
}

LineParcel& FileWriter::begin_parcel(EpochId epoch, std::uint64_t records,
                                     std::size_t charged_bytes) {
    port_.written.take_all([this](LineParcel& parcel) {
        if (port_.spare.size() >= kSpareParcels) std::string{}.swap(parcel.lines);
        port_.spare.push_back(&parcel);
    });
    if (port_.spare.empty()) {
        port_.parcels.push_back(std::make_unique<LineParcel>());
        port_.spare.push_back(port_.parcels.back().get());
    }
    LineParcel& parcel = *port_.spare.back();
    port_.spare.pop_back();
    parcel.lines.clear();
    parcel.epoch = epoch;
    parcel.records = records;
    parcel.payload_bytes = 0;
    parcel.charged_bytes = charged_bytes;
    parcel.is_dead_letters = false;
    return parcel;
}

void FileWriter::send(LineParcel& parcel) {
    destination_.epochs.written(parcel.epoch, parcel.records);
    if (port_.sent.push(parcel)) write_wake(destination_.control_wake);
}

FileSink::FileSink(FileSinkOptions options)
    : options_(std::move(options)),
      destination_{.key = options_.key,
                   .control_wake = options_.wake_descriptor,
                   .budget = ByteBudget{options_.budget_bytes},
                   .epochs = {}} {}

FileSink::~FileSink() {
    adopt_ports();
    static_cast<void>(close());
}

std::optional<engine::PortError> FileSink::open() {
    if (file_ < 0) file_ = open_file(options_.path, O_TRUNC);
    if (failure_) return std::exchange(failure_, std::nullopt);
    // Dead letters of an earlier run must not be taken for this one's; a file without any is not made.
    std::error_code ignored;
    if (!options_.dead_letter_path.empty() &&
        std::filesystem::is_regular_file(options_.dead_letter_path, ignored)) {
        std::filesystem::resize_file(options_.dead_letter_path, 0, ignored);
    }
    return std::nullopt;
}

int FileSink::open_file(const std::string& path, int extra_flags) {
    if (path == kStandardOutput) return STDOUT_FILENO;
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | extra_flags, kFileMode);
    if (file < 0) fail(path, errno);
    return file;
}

std::unique_ptr<engine::SinkWriter> FileSink::make_writer(int wake_descriptor) {
    auto port = std::make_unique<FilePort>(wake_descriptor);
    auto writer = std::make_unique<FileWriter>(destination_, *port);
    new_ports_.push(*port.release());
    return writer;
}

void FileSink::adopt_ports() {
    new_ports_.take_all([this](FilePort& port) { ports_.emplace_back(&port); });
}

void FileSink::serve() {
    adopt_ports();
    bool gave_back = false;
    for (const auto& port : ports_) {
        port->sent.take_all([&](LineParcel& parcel) {
            append(parcel);
            destination_.budget.give_back(parcel.charged_bytes);
            port->written.push(parcel);
            gave_back = true;
        });
    }
    if (!gave_back) return;
    for (const auto& port : ports_) ByteBudget::answer(port->room);
}

// Writes a parcel, and acknowledges it if nothing has failed yet.
void FileSink::append(const LineParcel& parcel) {
    if (failure_) return;
    const std::string& path = parcel.is_dead_letters ? options_.dead_letter_path : options_.path;
    VELO_ASSERT(!path.empty(), "a job whose policy writes dead letters has a file for them");
    if (parcel.is_dead_letters && dead_letter_file_ < 0) dead_letter_file_ = open_file(path, 0);
    const int file = parcel.is_dead_letters ? dead_letter_file_ : file_;
    std::string_view left = parcel.lines;
    while (!left.empty() && !failure_) {
        const ssize_t done = ::write(file, left.data(), left.size());
        if (done >= 0) {
            left.remove_prefix(static_cast<std::size_t>(done));
        } else if (errno != EINTR) {
            fail(path, errno);
        }
    }
    if (failure_) return;
    destination_.epochs.acknowledged(parcel.epoch, parcel.records);
    if (parcel.is_dead_letters) {
        counts_.dead_letters += parcel.records;
    } else {
        counts_.records += parcel.records;
        counts_.bytes += parcel.payload_bytes;
    }
}

void FileSink::fail(const std::string& path, int error_number) {
    if (failure_) return;
    failure_ = engine::PortError{
        .fatal = true,
        .code = "file_unwritable",
        .text = fmt::format(
            "cannot write '{}': {}; check the path in the sink and the room on its disk", path,
            std::generic_category().message(error_number)),
        .where = {.topic = path}};
}

std::optional<engine::PortError> FileSink::take_error() {
    if (!failure_ || std::exchange(failure_taken_, true)) return std::nullopt;
    return failure_;
}

std::optional<engine::PortError> FileSink::close() {
    serve();
    const auto close_file = [this](int& file, const std::string& path) {
        if (file > STDERR_FILENO && ::close(file) != 0)
            fail(path, errno);  // Some file systems only now say that they are full.
        file = -1;
    };
    close_file(file_, options_.path);
    close_file(dead_letter_file_, options_.dead_letter_path);
    return failure_;
}

}  // namespace velo::connectors
