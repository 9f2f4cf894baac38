// JSON lines as a sink: workers format, the control thread appends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/byte_budget.hpp"
#include "connectors/epoch_counts.hpp"
#include "connectors/file/options.hpp"
#include "connectors/hand_over.hpp"
#include "engine/pipeline/sink.hpp"

namespace velo::connectors {

/// Lines on their way from a writer to the file.
struct LineParcel {
    std::string lines;
    EpochId epoch;
    std::uint64_t records = 0;
    std::uint64_t payload_bytes = 0;  // Keys and values, without what makes them lines.
    std::size_t charged_bytes = 0;
    bool is_dead_letters = false;
    LineParcel* next = nullptr;  // For HandOver.
};

/// What one writer and the control thread share; the sink owns it.
struct FilePort {
    explicit FilePort(int wake_descriptor) : room(wake_descriptor) {}

    RoomRequest room;
    HandOver<LineParcel> sent;     // To the control thread, in the order they were written.
    HandOver<LineParcel> written;  // Back, to be used again.
    FilePort* next = nullptr;      // For HandOver.

    // The writer's own.
    std::vector<std::unique_ptr<LineParcel>> parcels;  // All there are, wherever they are.
    std::vector<LineParcel*> spare;
};

/// What writers share.
struct FileDestination {
    KeyForm key;
    int control_wake = -1;
    ByteBudget budget;
    EpochCounts epochs;
};

/// Thread:  the worker that made it.
class FileWriter final : public engine::SinkWriter {
public:
    FileWriter(FileDestination& destination, FilePort& port)
        : destination_(destination), port_(port) {}

    [[nodiscard]] bool try_write(std::unique_ptr<engine::OutputChunk>& chunk) override;
    [[nodiscard]] bool try_write(const engine::DeadLetter& letter, EpochId epoch) override;

private:
    [[nodiscard]] LineParcel& begin_parcel(EpochId epoch, std::uint64_t records,
                                           std::size_t charged_bytes);
    void send(LineParcel& parcel);

    FileDestination& destination_;
    FilePort& port_;
};

/// Truncates its files when opened. Written means: given to the operating system, as nothing of a file job outlives a crash.
/// Writing may block for as long as the descriptor does: then the budget fills, and the job waits for its reader.
/// Thread:  the control thread; make_writer by any worker. It outlives its writers.
class FileSink final : public engine::Sink {
public:
    explicit FileSink(FileSinkOptions options);
    ~FileSink() override;

    [[nodiscard]] std::optional<engine::PortError> open() override;
    [[nodiscard]] std::unique_ptr<engine::SinkWriter> make_writer(int wake_descriptor) override;
    void serve() override;
    [[nodiscard]] bool acknowledged(EpochId epoch) override {
        return destination_.epochs.is_settled(epoch);
    }
    void push() override { serve(); }
    [[nodiscard]] std::optional<engine::PortError> take_error() override;
    [[nodiscard]] engine::SinkCounts counts() const noexcept override { return counts_; }
    [[nodiscard]] std::optional<engine::PortError> close() override;

private:
    [[nodiscard]] int open_file(const std::string& path, int extra_flags);
    void append(const LineParcel& parcel);
    void fail(const std::string& path, int error_number);
    void adopt_ports();

    const FileSinkOptions options_;
    std::vector<std::unique_ptr<FilePort>> ports_;
    HandOver<FilePort> new_ports_;
    FileDestination destination_;
    int file_ = -1;
    int dead_letter_file_ = -1;  // Opened when there is something to write.
    engine::SinkCounts counts_;
    std::optional<engine::PortError> failure_;
    bool failure_taken_ = false;
};

}  // namespace velo::connectors
