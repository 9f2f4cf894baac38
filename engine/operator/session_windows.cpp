// SESSION windows: one entry per key and session. Under EMIT FINAL a session answers when the watermark has passed its
// end; under EMIT CHANGES after each row, and where a row moves the start of a session or merges two, what was written
// under a start that is no more is taken back first.

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "engine/aggregate/state_bytes.hpp"
#include "engine/base/assert.hpp"
#include "engine/operator/answered_shards.hpp"
#include "engine/operator/group_answers.hpp"
#include "engine/operator/group_keys.hpp"
#include "engine/operator/operators.hpp"
#include "engine/operator/session_table.hpp"
#include "engine/state/saved_spaces.hpp"

namespace velo::engine {

namespace {

std::int64_t microseconds(EventTime time) noexcept { return time.time_since_epoch().count(); }

class SessionWindows final : public KeyedOperator {
public:
    SessionWindows(const Plan& plan, Saving saving)
        : saving_(saving),
          gap_(plan.window()->size.count()),
          time_column_(source_column(plan.source, ColumnOrigin::EventTime)),
          is_final_(plan.emit.mode == EmitMode::Final),
          coalesces_(plan.emit.every.has_value()),
          keys_(group_of(plan).keys),
          answers_(plan, sizeof(Session)),
          state_(payload(), saving),
          space_(state_.open_space()),
          sessions_(state_, space_, plan.window()->size),
          saved_(state_, form()) {}

    void take(const Batch& batch, Selection selection, OperatorRows& out) override {
        begin_call(out);
        choose_rows(batch, selection, out);
        slots_.resize(rows_.size());
        state_.find_or_insert(space_, keys_.of(batch, rows_), slots_);
        assign(batch);
        const GroupedRows grouped{taken_, chosen_, spans_, steps_};
        if (!is_final_ && !coalesces_) {
            answers_.add_each(batch, grouped, state_, out);
            out.withdraw(withdrawn_);
            return;
        }
        answers_.aggregates().add(batch, taken_, chosen_, state_.payloads());
        for (const GroupStep& step : steps_)
            answers_.aggregates().merge(state_.payload(step.into), state_.payload(step.from));
    }

    bool advance(EventTime watermark, std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        VELO_ASSERT(watermark >= watermark_, "event time never goes back");
        bool done = false;
        while (ended_.size() < max_rows) {
            const std::optional<std::uint32_t> slot = sessions_.next_ending_before(watermark);
            if (!slot) {
                done = true;
                break;
            }
            if (!offer_last(*slot, max_rows)) {
                sessions_.file(*slot);
                break;
            }
            // It closes when the watermark passes its end, so the end itself is not far enough.
            answered_to_ = std::max(answered_to_, sessions_.span(*slot).end + Duration{1});
            sessions_.close(*slot);
            ended_.push_back(*slot);
        }
        offer_chosen(out);
        if (!done) return false;
        watermark_ = watermark;
        if (watermark != kAfterAllTime) answered_to_ = watermark;
        return true;
    }

    bool flush(std::uint32_t max_rows, OperatorRows& out) override {
        begin_call(out);
        while (flushed_ < space_.pending.size() &&
               offer_pending(space_.pending[flushed_], max_rows))
            ++flushed_;
        offer_chosen(out);
        if (flushed_ < space_.pending.size()) return false;
        space_.pending.clear();
        flushed_ = 0;
        return true;
    }

    OperatorCounts counts() const noexcept override {
        return {state_.size(),
                state_.bytes() + answers_.aggregates().heap_bytes() + sessions_.bytes(),
                state_.size()};
    }

    void save_changes(SavedEntries& to) override {
        for (const Vanished& one : vanished_)
            SavedSpaces::save_removal({.start = one.start, .key = one.key}, to);
        vanished_.clear();
        saved_.save_changes(spaces_, to);
    }
    bool save_slice(std::size_t max_bytes, SavedEntries& to) override {
        return saved_.save_slice(spaces_, max_bytes, to);
    }
    bool restore(const SavedEntry& entry, EventTime answered_to) override {
        std::string_view payload;
        const auto head = saved_.head_of(entry, payload);
        if (!head || !sessions_.can_hold(microseconds(head->start))) return false;
        shards_.note(entry.shard, answered_to);
        const std::int64_t first = microseconds(head->start);
        if (head->removed) {
            if (!payload.empty()) return false;
            if (const auto slot = sessions_.find(head->key, first, false)) let_go(*slot);
            return true;
        }
        read_owed_.clear();
        if (!saved_.read_payload(payload)) return false;
        const std::uint32_t slot = *sessions_.find(head->key, first, true);
        forget_owed(slot);
        const Session links = sessions_.at(slot);
        saved_.put_at(slot, *head);
        Session& session = sessions_.at(slot);
        session.first = first;
        session.older = links.older;
        session.newer = links.newer;
        const bool is_time = !__builtin_add_overflow(first, session.last, &session.last) &&
                             sessions_.can_hold(session.last);
        if (!is_time) session.last = first;
        for (const std::int64_t start : read_owed_) owe(slot, EventTime{Duration{start}});
        if (!is_time || sessions_.span(slot).end < answered_to) let_go(slot);
        return is_time;
    }
    void begin_at(EventTime watermark) override {
        watermark_ = watermark;
        answered_to_ = watermark;
        for (std::uint32_t i = 0; i < space_.slots(); ++i) {
            const std::uint32_t slot = space_.slot(i);
            if (state_.header(slot).gone) continue;
            if (sessions_.span(slot).end < watermark) {
                let_go(slot);
            } else {
                sessions_.file(slot);
            }
        }
        saved_.list_pending(space_);
    }
    EventTime answered_to() const noexcept override { return answered_to_; }

private:
    /// A start under which there is no session any more.
    struct Vanished {
        std::string key;
        EventTime start;
    };

    EntryPayload payload() {
        EntryPayload payload = answers_.aggregates().payload();
        const Session session;
        std::memcpy(payload.fresh.data(), &session, sizeof session);
        return payload;
    }

    // A session is saved under its start, with how long its rows reach from there and the starts that EVERY still owes
    // to take back.
    EntryForm form() {
        EntryForm form = answers_.form();
        form.start = [](const std::byte* payload) {
            return EventTime{Duration{reinterpret_cast<const Session*>(payload)->first}};
        };
        form.encode = [encode = form.encode, this](const std::byte* payload, std::string& out) {
            const auto& session = *reinterpret_cast<const Session*>(payload);
            put_signed(out, session.last - session.first);
            std::int64_t count = 0;
            each_owed(session, [&](std::uint32_t) { ++count; });
            put_signed(out, count);
            each_owed(session,
                      [&](std::uint32_t slot) { put_signed(out, sessions_.at(slot).first); });
            encode(payload, out);
        };
        form.decode = [decode = form.decode, this](std::byte* payload, std::string_view& bytes) {
            auto& session = *reinterpret_cast<Session*>(payload);
            std::int64_t count = 0;
            if (!take_signed(bytes, session.last) || session.last < 0 || !take_signed(bytes, count))
                return false;
            for (; count > 0; --count) {
                if (!take_signed(bytes, read_owed_.emplace_back()) ||
                    !sessions_.can_hold(read_owed_.back()))
                    return false;
            }
            return count == 0 && decode(payload, bytes);
        };
        return form;
    }

    void begin_call(OperatorRows& out) {
        out.clear();
        for (const std::uint32_t slot : ended_) state_.forget(space_, slot);
        ended_.clear();
        chosen_.clear();
        spans_.clear();
        withdrawn_.clear();
    }

    /// Rows that are not late: what is late by its own partition has been turned away where it was read. A session of
    /// a row whose end the watermark has passed was answered without it.
    void choose_rows(const Batch& batch, Selection selection, OperatorRows& out) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        const bool asks_shards = shards_.latest() > watermark_;
        rows_.clear();
        selection.each([&](std::uint32_t row) {
            EventTime passed = watermark_;
            if (asks_shards) passed = std::max(passed, shards_.of(keys_.shard(batch, row)));
            const bool is_late =
                !sessions_.can_hold(times[row]) || times[row] + gap_ < microseconds(passed);
            (is_late ? out.late : rows_).push_back(row);
        });
    }

    /// Finds for each row its session, and what that does to others, in taken_, chosen_, spans_, withdrawn_ and steps_.
    void assign(const Batch& batch) {
        const auto* const times = batch.columns[time_column_].values<std::int64_t>();
        taken_.clear();
        steps_.clear();
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const SessionTable::Placed placed = sessions_.place(slots_[i], times[rows_[i]]);
            if (placed.merged != Session::kNone) merge(rows_[i], placed);
            if (placed.moved) move_start(rows_[i], placed.slot, *placed.moved);
            state_.mark_changed(space_, placed.slot);
            if (coalesces_) state_.mark_pending(space_, placed.slot);
            taken_.push_back(rows_[i]);
            choose(placed.slot, false);
        }
    }

    void merge(std::uint32_t row, const SessionTable::Placed& placed) {
        const std::uint32_t gone = placed.merged;
        if (!is_final_ && !coalesces_) take_back(row, gone, placed.merged_span);
        steps_.push_back(
            {GroupStep::Kind::Merge, static_cast<std::uint32_t>(taken_.size()), gone, placed.slot});
        note_vanished(gone, placed.merged_span.start);
        ended_.push_back(gone);
        if (!coalesces_) return;
        for (std::uint32_t owed = sessions_.at(gone).owed; owed != Session::kNone;) {
            const std::uint32_t next = sessions_.at(owed).older;
            add_owed(placed.slot, owed);
            owed = next;
        }
        sessions_.at(gone).owed = Session::kNone;
        if (state_.header(gone).written != 0) owe(placed.slot, placed.merged_span.start);
    }

    void move_start(std::uint32_t row, std::uint32_t slot, const WindowSpan& before) {
        if (!is_final_ && !coalesces_) take_back(row, slot, before);
        note_vanished(slot, before.start);
        EntryHeader& entry = state_.header(slot);
        if (!coalesces_ || entry.written == 0) return;
        entry.written = 0;
        owe(slot, before.start);
    }

    /// The row of a session that is no more under its start, before the row that made it so.
    void take_back(std::uint32_t row, std::uint32_t slot, const WindowSpan& before) {
        steps_.push_back(
            {GroupStep::Kind::Withdraw, static_cast<std::uint32_t>(taken_.size()), 0, 0});
        taken_.push_back(row);
        choose(slot, true);
        spans_.back() = before;
    }

    void note_vanished(std::uint32_t slot, EventTime start) {
        if (saving_ == Saving::On)
            vanished_.push_back({std::string(state_.header(slot).key.view()), start});
    }

    /// Notes that the sink has a row of the session `slot` under a start it has no more.
    void owe(std::uint32_t slot, EventTime start) {
        const std::uint32_t owed = state_.add_beside(space_, slot);
        state_.remove_beside(space_, owed);
        sessions_.at(owed).first = microseconds(start);
        sessions_.at(owed).last = microseconds(start);
        state_.header(owed).written = 1;
        add_owed(slot, owed);
    }
    void add_owed(std::uint32_t slot, std::uint32_t owed) {
        sessions_.at(owed).older = sessions_.at(slot).owed;
        sessions_.at(slot).owed = owed;
    }
    template <class Visit>
    void each_owed(const Session& session, Visit&& visit) const {
        for (std::uint32_t slot = session.owed; slot != Session::kNone;
             slot = sessions_.at(slot).older)
            visit(slot);
    }
    void forget_owed(std::uint32_t slot) {
        while (sessions_.at(slot).owed != Session::kNone) {
            const std::uint32_t owed = sessions_.at(slot).owed;
            sessions_.at(slot).owed = sessions_.at(owed).older;
            state_.forget(space_, owed);
        }
    }
    void let_go(std::uint32_t slot) {
        forget_owed(slot);
        sessions_.close(slot);
        state_.forget(space_, slot);
    }

    /// Chooses the row of a session that closes, if it is still to be written; false: there was no room for all.
    bool offer_last(std::uint32_t slot, std::uint32_t max_rows) {
        if (is_final_) state_.header(slot).pending = true;
        return offer_pending(slot, max_rows);
    }
    /// What EVERY takes back of a session, and then its row.
    bool offer_pending(std::uint32_t slot, std::uint32_t max_rows) {
        if (!state_.header(slot).pending) return true;  // Gone, or listed twice.
        state_.mark_changed(space_, slot);
        Session& session = sessions_.at(slot);
        while (session.owed != Session::kNone && chosen_.size() < max_rows) {
            const std::uint32_t owed = session.owed;
            session.owed = sessions_.at(owed).older;
            choose(owed, true);
            ended_.push_back(owed);
        }
        if (chosen_.size() >= max_rows) return false;
        state_.header(slot).pending = false;
        choose(slot, false);
        return true;
    }

    void choose(std::uint32_t slot, bool withdrawn) {
        chosen_.push_back(slot);
        spans_.push_back(sessions_.span(slot));
        withdrawn_.push_back(withdrawn ? 1 : 0);
    }
    void offer_chosen(OperatorRows& out) {
        answers_.offer(state_, chosen_, spans_, out);
        out.withdraw(withdrawn_);
    }

    Saving saving_;
    std::int64_t gap_;  // Microseconds.
    std::uint32_t time_column_;
    bool is_final_;
    bool coalesces_;
    GroupKeys keys_;
    GroupAnswers answers_;
    KeyedState state_;
    KeySpace& space_;
    std::array<KeySpace*, 1> spaces_{&space_};
    SessionTable sessions_;
    SavedSpaces saved_;
    AnsweredShards shards_;
    EventTime watermark_ = kBeforeAllTime;
    EventTime answered_to_ = kBeforeAllTime;
    std::size_t flushed_ = 0;              // Of space_.pending.
    std::vector<std::int64_t> read_owed_;  // Of the payload read last.
    std::vector<std::uint32_t> ended_;     // In the latest call: what it offered may still be read.
    std::vector<Vanished> vanished_;       // Since the last save.
    std::vector<std::uint32_t> rows_;      // Scratch.
    std::vector<std::uint32_t> slots_;
    std::vector<std::uint32_t> taken_;   // Rows, and before them what they take back …
    std::vector<std::uint32_t> chosen_;  // … their entries …
    std::vector<WindowSpan> spans_;      // … and sessions.
    std::vector<std::uint8_t> withdrawn_;
    std::vector<GroupStep> steps_;
};

}  // namespace

std::unique_ptr<KeyedOperator> make_session_windows(const Plan& plan, Saving saving) {
    return std::make_unique<SessionWindows>(plan, saving);
}

}  // namespace velo::engine
