// Where rows of one key meet: takes batches, offers rows. One instance per pipeline holds the keys that pipeline owns.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/time.hpp"
#include "engine/data/batch.hpp"
#include "engine/data/selection.hpp"
#include "engine/expression/fault.hpp"
#include "engine/plan/plan.hpp"
#include "engine/state/saved_state.hpp"

namespace velo::engine {

/// Rows an operator offers, reused from call to call: each call clears it first.
/// Shape: `rows` rows in `columns` (laid out as the kinds of KeyedPlan say); text lives in `arena` or in the batch
///        that was taken, so the rows are to be encoded before either goes.
struct OperatorRows {
    std::uint32_t rows = 0;
    std::vector<Column> columns;
    Arena arena;
    /// Under EMIT CHANGES with HAVING: where each row's group remembers that it has been written (1), so that a row
    /// which stops satisfying HAVING becomes a tombstone. Else empty.
    std::vector<std::uint8_t*> written;
    /// Rows that take their group back (1): a tombstone, where the sink has a row of it (with HAVING: if `written` says
    /// so). Only key columns count. Empty where there are none.
    std::vector<std::uint8_t> withdrawn;
    /// How often the final answer of each row has been corrected; empty where none has.
    std::vector<std::uint32_t> revisions;
    /// Rows of the batch taken that no window took any more: they came for windows already closed here, which only a
    /// source partition that was idle can bring (interface: Time).
    std::vector<std::uint32_t> late;
    /// Results that do not exist (overflow), by row of `columns`: output faults. Those rows are not to be written.
    FaultList faults;
    /// What became of answers inside a chain of queries that never came to be rows here: output faults, too. Their row
    /// numbers mean nothing.
    FaultList inner_faults;

    void clear() noexcept;
    /// Makes the rows marked (1) take their group back: what cannot be computed for them is no fault.
    void withdraw(const std::vector<std::uint8_t>& marks);
};

struct OperatorCounts {
    std::uint64_t keys = 0;  // Entries held: (key, window) pairs, or keys.
    std::uint64_t bytes = 0;
    std::uint64_t windows_open = 0;
    // Since the operator was made; they only grow:
    std::uint64_t windows_closed = 0;  // Windows that take no more rows, by time.
    std::uint64_t expired = 0;         // Entries that state.ttl has let go.
};

/// Thread: owned by one pipeline.
/// Invariants: (1) event time never goes back (asserted). (2) A call that returns false has more to offer and wants to be
///             called again with the same argument before any other call; each call offers about `max_rows` rows.
class KeyedOperator {
public:
    virtual ~KeyedOperator() = default;

    /// Takes the given rows, in order. Under EMIT CHANGES without EVERY each answer comes out at once, in row order
    /// (several windows of one row: oldest first).
    virtual void take(const Batch& batch, Selection rows, OperatorRows& out) = 0;

    /// The watermark of the query has come to `watermark`: closes windows in order of their end.
    [[nodiscard]] virtual bool advance(EventTime watermark, std::uint32_t max_rows,
                                       OperatorRows& out) = 0;

    /// The wall clock of EVERY has struck: offers the latest row of each group changed since. Operators that hold nothing
    /// back have nothing to offer.
    [[nodiscard]] virtual bool flush(std::uint32_t /*max_rows*/, OperatorRows& out) {
        out.clear();
        return true;
    }

    /// A bounded input has ended (after advance to kAfterAllTime): what EVERY holds back, or EMIT FINAL without a window
    /// still owes.
    [[nodiscard]] virtual bool finish(std::uint32_t max_rows, OperatorRows& out) {
        return flush(max_rows, out);
    }

    [[nodiscard]] virtual OperatorCounts counts() const noexcept = 0;

    // Saving, under Saving::On; never between two calls of which the first has more to offer.

    /// Appends every entry that has changed since the last call, or since it was restored.
    virtual void save_changes(SavedEntries& to) = 0;

    /// Appends the next entries, about `max_bytes`, of a scan that goes round and round. True: a round has just been
    /// completed, and every entry that was there all the while has been appended in it.
    [[nodiscard]] virtual bool save_slice(std::size_t max_bytes, SavedEntries& to) = 0;

    /// Takes an entry back, in place of an earlier one of the same space and key; before anything else is called. Windows
    /// up to `answered_to` of the entry's shard have been answered: what only they need is let go. False: the bytes are
    /// no entry of this query.
    [[nodiscard]] virtual bool restore(const SavedEntry& entry, EventTime answered_to) = 0;

    /// After the last restore() and before the first take(): windows ending at or before `watermark` are closed and have
    /// been answered.
    virtual void begin_at(EventTime watermark) = 0;

    /// How far windows have been closed: the watermark; at kAfterAllTime the end of the last window that was closed, or
    /// the last watermark before if that is later (kBeforeAllTime if there was neither).
    /// After begin_at some shards may have come further than this; what is stored for a shard never goes back.
    [[nodiscard]] virtual EventTime answered_to() const noexcept = 0;
};

/// The operator for plan.keyed. Errors: none; every valid plan has one.
[[nodiscard]] std::unique_ptr<KeyedOperator> make_keyed_operator(const Plan& plan,
                                                                 Saving saving = Saving::Off);

}  // namespace velo::engine
