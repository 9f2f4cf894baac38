// The port to where answers go. A connector implements it; the runtime drives it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/strong_id.hpp"
#include "engine/format/output.hpp"
#include "engine/pipeline/source.hpp"

namespace velo::engine {

/// One pipeline's way into the sink.
/// Thread:  the worker that owns the pipeline.
/// Invariants: (1) chunks are written in the order they came, so outputs of one key keep their order. (2) nothing blocks.
class SinkWriter {
public:
    virtual ~SinkWriter() = default;

    /// Takes the chunk's records (tagged with chunk->epoch) and leaves `chunk` empty or with another, cleared chunk to
    /// fill; false, leaving `chunk` as it was, while the sink has no room: the pipeline waits and tries again.
    [[nodiscard]] virtual bool try_write(std::unique_ptr<OutputChunk>& chunk) = 0;

    /// As try_write for one dead letter.
    [[nodiscard]] virtual bool try_write(const DeadLetter& letter, EpochId epoch) = 0;

    /// Sends what waited for its epoch: the wake descriptor is written when that may go. Called at every step.
    virtual void serve() {}
};

/// What became of the sink's records, counted since the start.
struct SinkCounts {
    std::uint64_t records = 0;       // Acknowledged output records.
    std::uint64_t bytes = 0;         // Of their keys and values.
    std::uint64_t dead_letters = 0;  // Acknowledged dead letters.
};

/// A job's sink as its control thread sees it.
/// Thread:  the job's control thread only, except make_writer's results.
class Sink {
public:
    virtual ~Sink() = default;

    /// Checks or makes what is needed to write (topics); tried again while it returns an error that is not fatal,
    /// and asked again, without effect, while something else keeps the job from starting.
    [[nodiscard]] virtual std::optional<PortError> open() = 0;

    /// The epoch that is written first, told before any writer is made. Without it the first one is 1.
    virtual void begin_at(EpochId first) { static_cast<void>(first); }

    /// One writer per worker; called on that worker's thread. `wake_descriptor` is written when a full sink has room.
    [[nodiscard]] virtual std::unique_ptr<SinkWriter> make_writer(int wake_descriptor) = 0;

    /// Serves acknowledgements that have come; called at least whenever `wake` (given by the connector's factory) fires.
    virtual void serve() = 0;

    /// Whether everything written under epochs up to `epoch` has been acknowledged. The runtime asks only after every
    /// pipeline has closed `epoch`.
    [[nodiscard]] virtual bool acknowledged(EpochId epoch) = 0;

    /// Asks that what is buffered leaves now (a cut or the end waits for it).
    virtual void push() = 0;

    /// The first failure of a write, if there was one: a fatal one means something was not written, so nothing from its
    /// epoch on may be committed.
    [[nodiscard]] virtual std::optional<PortError> take_error() = 0;

    [[nodiscard]] virtual SinkCounts counts() const noexcept = 0;

    /// As Source::connections.
    [[nodiscard]] virtual const ConnectionFigures* connections() { return nullptr; }

    /// Everything has been written and acknowledged: ends what is to be ended (files are flushed and closed).
    [[nodiscard]] virtual std::optional<PortError> close() = 0;
};

}  // namespace velo::engine
