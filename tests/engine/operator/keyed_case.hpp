// A keyed operator over trades (time, symbol, quantity, price), with its answers as text.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/base/hash.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/group_key.hpp"
#include "engine/operator/keyed_operator.hpp"
#include "tests/support/values.hpp"

namespace velo::engine {

/// One row. Times are in seconds.
struct Trade {
    std::int64_t at = 0;
    std::string symbol;
    std::optional<std::int64_t> quantity = {};
    double price = 0.0;
    std::optional<std::int64_t> late_before =
        {};  // Hopping windows: the partition's watermark before the row.
};

using Lines = std::vector<std::string>;

inline std::int64_t microseconds(std::int64_t seconds) { return seconds * 1'000'000; }
inline EventTime at(std::int64_t seconds) { return EventTime{Duration{microseconds(seconds)}}; }

/// A plan over trades, as the binder would make it.
class Query {
public:
    static constexpr std::uint32_t kTime = 0;
    static constexpr std::uint32_t kSymbol = 3;
    static constexpr std::uint32_t kQuantity = 4;
    static constexpr std::uint32_t kPrice = 5;

    Query() {
        using enum ColumnOrigin;
        for (const auto& [origin, type] : {std::pair{EventTime, kTimestamp},
                                           {Order, kBigint},
                                           {Offset, kBigint},
                                           {Field, kString},
                                           {Field, kBigint},
                                           {Field, kDouble}}) {
            plan_.source.columns.push_back({origin, 0, type, false});
        }
    }

    Query& group_by(std::vector<std::uint32_t> keys) {
        group_.keys = std::move(keys);
        return *this;
    }
    Query& select(std::string_view name, std::optional<std::uint32_t> column = {}) {
        calls_.push_back({find_aggregate_function(name),
                          {},
                          {},
                          fmt::format("{}({})", name, column ? "x" : "*")});
        AggregateCall& call = calls_.back();
        std::vector<Type> types;
        if (column) {
            types.push_back(plan_.source.columns[*column].type);
            call.args.push_back(*column);
        }
        call.signature = *call.function->resolve(types, {});
        return *this;
    }
    Query& window(std::int64_t size, std::int64_t advance) {
        const auto kind = size == advance ? WindowPlan::Kind::Tumbling : WindowPlan::Kind::Hopping;
        group_.window =
            WindowPlan{kind, Duration{microseconds(size)}, Duration{microseconds(advance)}};
        plan_.emit.mode = EmitMode::Final;
        return *this;
    }
    Query& session(std::int64_t gap) {
        group_.window = WindowPlan{WindowPlan::Kind::Session, Duration{microseconds(gap)},
                                   Duration{microseconds(gap)}};
        plan_.emit.mode = EmitMode::Final;
        return *this;
    }
    Query& emit(EmitMode mode, bool every = false) {
        plan_.emit.mode = mode;
        if (every) plan_.emit.every = Duration{1};
        return *this;
    }
    Query& early() {
        plan_.emit.every = Duration{1};
        return *this;
    }
    Query& allowed_lateness(std::int64_t seconds) {
        plan_.emit.allowed_lateness = Duration{microseconds(seconds)};
        return *this;
    }
    Query& ttl(std::int64_t seconds) {
        plan_.ttl = Duration{microseconds(seconds)};
        return *this;
    }
    Query& having() {
        plan_.output.having = bound_literal(boolean(true));
        return *this;
    }
    [[nodiscard]] Plan grouped() const {
        Plan plan = plan_;
        plan.keyed = group_;
        std::get<GroupPlan>(*plan.keyed).aggregates = calls_;
        return plan;
    }
    /// Only the first row of each group is answered.
    [[nodiscard]] Plan distinct() const {
        Plan plan = grouped();
        std::get<GroupPlan>(*plan.keyed).distinct = true;
        return plan;
    }
    [[nodiscard]] Plan limit(std::int64_t rows) const {
        Plan plan = plan_;
        plan.keyed = LimitPlan{{}, rows};
        return plan;
    }
    [[nodiscard]] Plan over(std::uint32_t rows, std::optional<std::uint32_t> order = kTime,
                            bool descending = false) const {
        Plan plan = plan_;
        plan.keyed = RowsOverPlan{group_.keys, order, descending, rows, calls_};
        return plan;
    }

    /// The same calls over each of the frames; by range `preceding` is in seconds.
    [[nodiscard]] Plan framed(std::vector<FramePlan> frames,
                              std::vector<RowNumbering> numberings = {}) const {
        Plan plan = plan_;
        for (FramePlan& frame : frames) {
            if (frame.unit == FramePlan::Unit::Range && frame.preceding)
                frame.preceding = microseconds(*frame.preceding);
            frame.calls = calls_;
        }
        plan.keyed = FramesPlan{
            group_.keys, std::move(frames), std::move(numberings), {kSymbol, kQuantity, kPrice}};
        return plan;
    }

private:
    Plan plan_;
    GroupPlan group_;
    std::vector<AggregateCall> calls_;
};

inline std::string cell(const Column& column, std::uint32_t row) {
    if (column.is_null(row)) return "-";
    const std::uint32_t slot = column.slot(row);
    switch (column.type().kind) {
        case TypeKind::Double:
            return fmt::format("{}", column.values<double>()[slot]);
        case TypeKind::Decimal:
            return decimal_text(column.values<Int128>()[slot], column.type().scale);
        case TypeKind::String:
            return std::string{column.values<std::string_view>()[slot]};
        case TypeKind::Timestamp:
            return fmt::format("{}s", column.values<std::int64_t>()[slot] / 1'000'000);
        default:
            return fmt::format("{}", column.values<std::int64_t>()[slot]);
    }
}

class KeyedCase {
public:
    explicit KeyedCase(Plan plan, Saving saving = Saving::Off)
        : plan_(std::make_unique<Plan>(std::move(plan))),
          operator_(make_keyed_operator(*plan_, saving)) {}

    /// One of several pipelines: takes the trades whose shards are its own. Rows count their offsets from `offset`.
    Lines take_own(std::vector<Trade> trades, std::uint32_t pipeline, std::uint32_t pipelines,
                   std::int64_t offset) {
        trades_ = std::move(trades);
        next_offset_ = offset;
        make_batch();
        own_.clear();
        for (std::uint32_t row = 0; row < batch_->rows; ++row) {
            const std::uint64_t hash =
                batch_->hashes.empty() ? hash_bytes({}) : batch_->hashes[row];
            if (pipeline_of(shard_of(hash), pipelines) == pipeline) own_.push_back(row);
        }
        operator_->take(*batch_, Selection{own_}, rows_);
        return lines();
    }
    /// From now on a HAVING is judged, as AnswerStage does: lines tell what their group remembered.
    void judge() { judges_ = true; }
    [[nodiscard]] KeyedOperator& keyed() { return *operator_; }

    /// Takes the trades as one batch, of which `chosen` (all, when empty) go to this operator.
    Lines take(std::vector<Trade> trades, std::vector<std::uint32_t> chosen = {}) {
        trades_ = std::move(trades);
        make_batch();
        operator_->take(*batch_, chosen.empty() ? Selection::all(batch_->rows) : Selection{chosen},
                        rows_);
        return lines();
    }
    Lines advance(std::int64_t seconds, std::uint32_t max_rows = 1000) {
        return advance_to(engine::at(seconds), max_rows);
    }
    Lines advance_to(EventTime watermark, std::uint32_t max_rows = 1000) {
        return repeat(max_rows, [&] { return operator_->advance(watermark, max_rows, rows_); });
    }
    Lines flush(std::uint32_t max_rows = 1000) {
        return repeat(max_rows, [&] { return operator_->flush(max_rows, rows_); });
    }
    Lines finish(std::uint32_t max_rows = 1000) {
        return repeat(max_rows, [&] { return operator_->finish(max_rows, rows_); });
    }

    [[nodiscard]] const OperatorRows& rows() const { return rows_; }
    [[nodiscard]] OperatorCounts counts() const { return operator_->counts(); }
    /// How many answers or calls the last advance, flush or finish took.
    [[nodiscard]] std::size_t calls() const { return calls_; }

private:
    template <class Call>
    Lines repeat(std::uint32_t max_rows, Call&& call) {
        Lines all;
        calls_ = 0;
        for (bool done = false; !done;) {
            done = call();
            ++calls_;
            CHECK(rows_.rows <= max_rows);
            REQUIRE(calls_ < 100'000);
            const Lines some = lines();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }

    [[nodiscard]] Lines lines() {
        Lines lines(rows_.rows);
        for (std::uint32_t row = 0; row < rows_.rows; ++row) {
            for (const Column& column : rows_.columns)
                lines[row] += (&column == rows_.columns.data() ? "" : " ") + cell(column, row);
        }
        for (const RowFault& fault : rows_.faults.all()) lines[fault.row] = fault.text;
        for (std::size_t row = 0; row < rows_.revisions.size(); ++row) {
            if (rows_.revisions[row] != 0)
                lines[row] += fmt::format(" revision {}", rows_.revisions[row]);
        }
        for (std::size_t row = 0; row < rows_.withdrawn.size(); ++row) {
            if (rows_.withdrawn[row] != 0)
                lines[row] =
                    cell(rows_.columns[0], static_cast<std::uint32_t>(row)) + " is withdrawn";
        }
        for (std::size_t row = 0; judges_ && row < rows_.written.size(); ++row) {
            const bool satisfies =
                hash_bytes(lines[row]) % 2 == 0 && !lines[row].ends_with("is withdrawn");
            lines[row] += *rows_.written[row] != 0 ? " written" : " not written";
            *rows_.written[row] = satisfies ? 1 : 0;
        }
        return lines;
    }

    void make_batch() {
        batch_ = std::make_unique<Batch>();
        batch_->rows = static_cast<std::uint32_t>(trades_.size());
        std::vector<std::vector<Value>> values(6);
        const bool judged = std::ranges::any_of(
            trades_, [](const Trade& trade) { return trade.late_before.has_value(); });
        for (const Trade& trade : trades_) {
            values[0].push_back(Value{kTimestamp, microseconds(trade.at)});
            values[1].push_back(bigint(0));
            values[2].push_back(bigint(next_offset_++));
            values[3].push_back(trade.symbol.empty() ? null_of(kString) : text(trade.symbol));
            values[4].push_back(trade.quantity ? bigint(*trade.quantity) : null_of(kBigint));
            values[5].push_back(real(trade.price));
            if (judged)
                batch_->late_before.push_back(trade.late_before
                                                  ? microseconds(*trade.late_before)
                                                  : std::numeric_limits<std::int64_t>::min());
        }
        values_ = std::move(values);
        batch_->columns.resize(values_.size());
        for (std::size_t i = 0; i < values_.size(); ++i)
            fill(batch_->columns[i], plan_->source.columns[i].type, values_[i]);
        encode_keys();
    }

    void encode_keys() {
        const std::vector<std::uint32_t>& keys = std::visit(
            [](const auto& keyed) -> const std::vector<std::uint32_t>& { return keyed.keys; },
            *plan_->keyed);
        if (keys.empty()) return;
        std::vector<Type> types;
        std::vector<const Column*> columns;
        for (const std::uint32_t key : keys) {
            types.push_back(plan_->source.columns[key].type);
            columns.push_back(&batch_->columns[key]);
        }
        const auto* const group = std::get_if<GroupPlan>(&*plan_->keyed);
        const auto route = group != nullptr ? group->route : std::nullopt;
        GroupKeyCodec{types, route}.encode(columns, batch_->rows, Selection::all(batch_->rows),
                                           batch_->arena, batch_->keys, batch_->hashes);
    }

    std::unique_ptr<Plan> plan_;
    std::unique_ptr<KeyedOperator> operator_;
    std::vector<Trade> trades_;
    std::vector<std::vector<Value>> values_;
    std::unique_ptr<Batch> batch_;
    OperatorRows rows_;
    std::vector<std::uint32_t> own_;
    std::int64_t next_offset_ = 0;
    bool judges_ = false;
    std::size_t calls_ = 0;
};

inline Lines sorted(Lines lines) {
    std::ranges::sort(lines);
    return lines;
}

}  // namespace velo::engine
