#include "connectors/kafka/transactions.hpp"

#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::connectors {

using engine::CommitStep;
using std::chrono::milliseconds;

namespace {

constexpr unsigned kAbortTries = 3;
constexpr milliseconds kAbortSlice{300};
constexpr milliseconds kLongestCleanEnd{1000};

}  // namespace

void Transactions::enter(State state) {
    state_ = state;
    entered_ = client_.now();
}

bool Transactions::is_overdue() const { return client_.now() - entered_ > options_.deadline; }

std::optional<engine::PortError> Transactions::init() {
    while (state_ < State::Idle) {
        if (step() || state_ >= State::Idle) continue;
        VELO_ASSERT(weather_, "a step that has to wait says for what");
        return std::exchange(weather_, std::nullopt);
    }
    return failure_;
}

void Transactions::start() {
    may_start_ = true;
    if (state_ == State::Idle) enter(State::Waiting);
}

bool Transactions::serve(Answer heard) {
    // While a call is being repeated, it tells itself what has become of the transaction.
    const bool listens = state_ == State::Open || state_ == State::Resending;
    if (heard.demand == Demand::Fail) {
        if (!is_over()) fail(std::move(heard.error));
    } else if (heard.demand == Demand::Patience) {
        weather_ = std::move(heard.error);
    } else if (listens && !heard.is_done()) {
        take_failure(std::move(heard));
    }
    if (!may_start_) return false;
    while (state_ < State::Open || state_ == State::Aborting) {
        if (!step()) return !is_over();
    }
    return false;
}

// One step towards an open transaction; false when it has to wait for something.
bool Transactions::step() {
    switch (state_) {
        case State::Replacing:
            return replace();
        case State::Initialising:
            return initialise();
        case State::Asking:
            return ask();
        case State::Waiting: {
            Answer answer = client_.ready(options_.slice);
            if (!answer.is_done()) {
                if (answer.demand == Demand::Fail)
                    fail(std::move(answer.error));
                else
                    weather_ = std::move(answer.error);
                return false;
            }
            enter(State::Beginning);
            return true;
        }
        case State::Beginning:
            return begin();
        case State::Resending:
            return send_again();
        case State::Aborting:
            return abort();
        default:
            return false;
    }
}

bool Transactions::replace() {
    Answer answer = client_.replace();
    if (!answer.is_done()) {
        fail(std::move(answer.error));
        return false;
    }
    ++producers_;
    enter(State::Initialising);
    return true;
}

bool Transactions::initialise() {
    crash_point("before_init");
    Answer answer = client_.init(options_.slice);
    switch (answer.demand) {
        case Demand::Nothing:
            crash_point("after_init");
            enter(State::Asking);
            return true;
        case Demand::Fail:
            fail(std::move(answer.error));
            return false;
        case Demand::Stop:
            // Somebody was quicker than we; who leads the job is for the ledger to say.
            take_fencing(std::move(answer.error));
            return false;
        case Demand::Patience:
            weather_ = std::move(answer.error);
            if (is_overdue()) enter(State::Replacing);
            return false;
        default:
            weather_ = std::move(answer.error);
            enter(State::Replacing);
            return false;
    }
}

bool Transactions::ask() {
    VELO_ASSERT(oracle_, "the ledger sets the oracle before init");
    auto note = oracle_();
    if (!note) {
        if (note.error().fatal)
            fail(std::move(note.error()));
        else
            weather_ = std::move(note.error());
        return false;
    }
    judge(*note);
    return !is_over();
}

void Transactions::judge(const std::string& note) {
    if (!committed_note_) {
        committed_note_ = note;
    } else if (outcome_unknown_ && note == note_) {
        mark_committed();
    } else if (note != *committed_note_) {
        fail({.fatal = true,
              .code = "fenced",
              .text = "another instance of the job has committed in the meantime; let only one of "
                      "them run"});
        state_ = State::Fenced;
        return;
    }
    outcome_unknown_ = false;
    enter(may_start_ ? State::Waiting : State::Idle);
}

bool Transactions::begin() {
    crash_point("before_begin");
    Answer answer = client_.begin();
    if (!answer.is_done()) {
        weather_ = std::move(answer.error);
        if (answer.demand == Demand::Patience) return false;
        enter(State::Replacing);
        return false;
    }
    crash_point("after_begin");
    begun_ = client_.now();
    was_retried_ = false;
    if (std::exchange(has_sent_, true)) {
        records_.rewind();
        ++all_resends_;
        enter(State::Resending);
    } else {
        enter(State::Open);
        records_.open(epoch_);
    }
    return true;
}

bool Transactions::send_again() {
    Answer answer = records_.resend();
    if (answer.is_done()) {
        enter(State::Open);
        records_.open(epoch_);
        return true;
    }
    if (answer.demand != Demand::Patience) {
        take_failure(std::move(answer));
        return !is_over();
    }
    return false;
}

bool Transactions::abort() {
    Answer answer = client_.abort(kAbortSlice);
    if (answer.demand == Demand::Stop) {
        take_fencing(std::move(answer.error));
        return !is_over();
    }
    if (answer.demand == Demand::Patience && ++abort_tries_ < kAbortTries) return true;
    crash_point("after_abort");
    enter(State::Replacing);  // Whatever came of it: the next init decides what is still open.
    return true;
}

engine::CommitResult Transactions::commit(EpochId epoch,
                                          const std::vector<PartitionOffset>& offsets,
                                          const std::string& note) {
    VELO_ASSERT(!offsets.empty(), "every epoch commits all positions");
    if (is_over()) return result(state_ == State::Fenced ? CommitStep::Fenced : CommitStep::Failed);
    if (epoch < epoch_) return result(CommitStep::Committed);  // Decided meanwhile.
    VELO_ASSERT(epoch == epoch_, "epochs are committed one by one");
    if (state_ == State::Open) {
        if (!records_.is_settled(epoch)) return result(CommitStep::Again);
        VELO_ASSERT(note != committed_note_, "a note names its epoch");
        crash_point("acknowledged");
        records_.close();
        note_ = note;
        offsets_ = offsets;
        enter(State::Offsets);
    }
    if (state_ == State::Offsets) send_offsets();
    if (state_ == State::Ending) end();
    if (epoch < epoch_) return result(CommitStep::Committed);
    if (is_over()) return result(state_ == State::Fenced ? CommitStep::Fenced : CommitStep::Failed);
    return result(CommitStep::Again);
}

void Transactions::send_offsets() {
    crash_point("before_offsets");
    Answer answer = client_.send_offsets(offsets_, note_, options_.slice);
    if (answer.is_done()) {
        crash_point("after_offsets");
        enter(State::Ending);
        return;
    }
    if (answer.demand != Demand::Patience) return take_failure(std::move(answer));
    if (is_overdue()) {
        answer.demand = Demand::Rebuild;
        return take_failure(std::move(answer));
    }
    weather_ = std::move(answer.error);
}

void Transactions::end() {
    crash_point("before_commit");
    Answer answer = client_.commit(options_.slice);
    if (answer.is_done()) {
        crash_point("after_commit");
        const bool is_clean = !was_retried_ && client_.ends_sent() <= 1 &&
                              client_.now() - entered_ <= kLongestCleanEnd;
        mark_committed();
        enter(is_clean ? State::Beginning : State::Replacing);
        if (is_clean) static_cast<void>(step());
        return;
    }
    if (answer.demand == Demand::Patience) {
        was_retried_ = true;
        weather_ = std::move(answer.error);
        if (!is_overdue()) return;
        answer.demand = Demand::Rebuild;
    }
    // The request to commit may have been obeyed whatever the answer says: the oracle knows. It is never aborted now.
    outcome_unknown_ = true;
    if (answer.demand == Demand::Resend) answer.demand = Demand::Rebuild;
    take_failure(std::move(answer));
}

// The transaction that is open cannot be committed any more.
void Transactions::take_failure(Answer answer) {
    records_.close();
    if (answer.demand == Demand::Fail) return fail(std::move(answer.error));
    if (answer.demand == Demand::Stop) return take_fencing(std::move(answer.error));
    if (++resends_ > options_.resends_max) {
        return fail(
            {.fatal = true,
             .code = "transaction_failed",
             .text = fmt::format("epoch {} was sent {} times and could not be committed: {}; the "
                                 "job has to start anew from its last commit",
                                 epoch_.value, resends_, answer.error.text)});
    }
    weather_ = std::move(answer.error);
    abort_tries_ = 0;
    enter(answer.demand == Demand::Resend ? State::Aborting : State::Replacing);
}

// A broker also locks a producer out whose transaction it gave up after its timeout. Then we may come back, because the
// oracle tells whether anybody else has committed; but not while the ledger knows of another leader.
void Transactions::take_fencing(engine::PortError error) {
    records_.close();
    const bool may_have_expired =
        has_sent_ && client_.now() - begun_ >= options_.transaction_timeout;
    if (may_have_expired && client_.is_member() && ++resends_ <= options_.resends_max) {
        weather_ = std::move(error);
        return enter(State::Replacing);
    }
    error.fatal = true;
    fail(std::move(error));
    state_ = State::Fenced;
}

void Transactions::fail(engine::PortError error) {
    records_.close();
    error.fatal = true;
    failure_ = std::move(error);
    enter(State::GivenUp);
}

void Transactions::mark_committed() {
    committed_note_ = note_;
    records_.recycle();
    ++epoch_.value;
    has_sent_ = false;
    resends_ = 0;
}

engine::CommitResult Transactions::result(CommitStep step) {
    switch (step) {
        case CommitStep::Committed:
            return {.step = step, .error = std::nullopt};
        case CommitStep::Again:
            return {.step = step, .error = std::exchange(weather_, std::nullopt)};
        default:
            return {.step = step, .error = failure_};
    }
}

std::optional<engine::PortError> Transactions::take_error() {
    if (failure_ && !std::exchange(failure_taken_, true)) return failure_;
    return std::exchange(weather_, std::nullopt);
}

}  // namespace velo::connectors
