#include "server/runtime/committer.hpp"

#include <random>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::runtime {

namespace {

constexpr int kFirstCommitAttempts = 3;  // Each comes back within a second or so.

std::uint64_t random_number() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

OpenTrouble trouble_of(RecoveryProblem problem) {
    return {.error = std::move(problem.error),
            .for_good = problem.for_good,
            .wait = OpenTrouble::Wait::No};
}

OpenTrouble trouble_of(engine::PortError error) {
    return {.error = std::move(error), .for_good = false, .wait = OpenTrouble::Wait::No};
}

}  // namespace

Committer::Committer(JobRun& run, engine::Source& source, engine::Sink& sink,
                     engine::Ledger* ledger)
    : run_(run), source_(source), sink_(sink), ledger_(ledger), incarnation_(random_number()) {}

std::optional<OpenTrouble> Committer::lead() {
    if (ledger_ == nullptr) return std::nullopt;
    std::optional<engine::PortError> error;
    auto wait = OpenTrouble::Wait::Joining;
    switch (ledger_->lead(error)) {
        case engine::Leadership::Active:
            crash_point("leading");
            is_member_ = true;
            return std::nullopt;
        case engine::Leadership::Lost: {
            is_member_ = false;
            // For good, as far as this run goes: the next one asks as a newcomer.
            OpenTrouble lost = trouble_of(error.value_or(
                engine::PortError{.fatal = true,
                                  .code = "leadership_lost",
                                  .text = "another instance has taken the job over"}));
            lost.error.fatal = true;
            return lost;
        }
        case engine::Leadership::Joining:
            break;
        case engine::Leadership::Waiting:
            wait = OpenTrouble::Wait::Standby;
            break;
    }
    if (error) return trouble_of(std::move(*error));
    is_member_ = true;
    return OpenTrouble{.error = {.fatal = false,
                                 .code = "standby",
                                 .text = "another instance of the job is active; this one takes "
                                         "over when it ends"},
                       .for_good = false,
                       .wait = wait};
}

std::optional<OpenTrouble> Committer::open(const std::vector<engine::PartitionName>& partitions) {
    if (ledger_ == nullptr) return std::nullopt;
    if (!opened_) {
        if (auto error = ledger_->open()) return trouble_of(std::move(*error));
        opened_ = true;
        crash_point("opened");
    }
    auto recovered =
        runtime::recover(*ledger_, run_.options.job, partitions, run_.options.state_shape);
    if (!recovered) return trouble_of(std::move(recovered.error()));
    recovered_ = std::move(*recovered);
    crash_point("recovered");
    log_ = std::make_unique<StateLog>(incarnation_, run_.options.state_shape, recovered_.log);
    sink_.begin_at(recovered_.log ? log_->first_epoch() : StateLog::kPositionsOnly);
    return std::nullopt;
}

EpochId Committer::first_epoch() const noexcept { return log_ ? log_->first_epoch() : EpochId{1}; }

std::optional<OpenTrouble> Committer::restore(
    const std::function<bool(const std::vector<std::string>& packed)>& take) {
    if (ledger_ == nullptr) return std::nullopt;
    if (auto problem = read_entries(*ledger_, run_.options.job, recovered_, take))
        return trouble_of(std::move(*problem));
    run_.wanted_round.store(log_->round(), std::memory_order_release);
    crash_point("restored");
    return std::nullopt;
}

std::optional<OpenTrouble> Committer::begin(const engine::Offsets& starts) {
    if (ledger_ == nullptr || recovered_.log || starts.empty()) return std::nullopt;
    crash_point("first_commit");
    engine::CommitResult result;
    for (int attempt = 0; attempt < kFirstCommitAttempts; ++attempt) {
        result = ledger_->commit(StateLog::kPositionsOnly, starts, log_->first_note());
        if (result.step != engine::CommitStep::Again) break;
        sink_.serve();
    }
    if (result.step == engine::CommitStep::Committed) {
        recovered_.log = LogPosition{};
        return std::nullopt;
    }
    return trouble_of(result.error.value_or(
        engine::PortError{.fatal = result.step != engine::CommitStep::Again,
                          .code = "first_commit",
                          .text = "committing the positions the job begins with"}));
}

Committer::Result Committer::commit(Epochs& epochs) {
    Result result = ledger_ != nullptr ? commit_to_ledger(epochs) : commit_to_source(epochs);
    if (result.step != Step::Committed) return result;
    committed_ = epochs.positions();
    ever_committed_ = true;
    return result;
}

Committer::Result Committer::commit_to_source(const Epochs& epochs) {
    if (!sink_.acknowledged(epochs.current())) return Result{};
    Result result;
    result.step = Step::Committed;
    if (ever_committed_ && epochs.positions() == committed_) return result;
    result.error = source_.commit(epochs.positions());
    result.wrote = !result.error;
    if (result.error) result.step = result.error->fatal ? Step::Failed : Step::NotYet;
    return result;
}

// Partitions of several sources may be numbered otherwise in the next run.
void Committer::name_marks(EpochReport& report) const {
    report.names.clear();
    if (run_.plan->input_count() == 1) return;
    for (const SourceMark& mark : report.marks) {
        const PartitionCounters& partition = run_.partitions.at(mark.partition);
        report.names.push_back({partition.topic, partition.partition});
    }
}

Committer::Result Committer::commit_to_ledger(Epochs& epochs) {
    if (written_ != epochs.current()) {
        crash_point("closed");
        name_marks(epochs.report());
        log_->write(epochs.current(), epochs.report(), *ledger_);
        crash_point("saved");
        written_ = epochs.current();
        sink_.push();
    }
    Result result;
    if (!sink_.acknowledged(epochs.current())) return result;
    engine::CommitResult answer =
        ledger_->commit(epochs.current(), epochs.positions(), log_->note(ledger_->log_ends()));
    switch (answer.step) {
        case engine::CommitStep::Committed:
            log_->committed();
            run_.wanted_round.store(log_->round(), std::memory_order_release);
            result.step = Step::Committed;
            result.wrote = true;
            return result;
        case engine::CommitStep::Again:
            result.error = std::move(answer.error);
            result.undecided = true;
            return result;
        case engine::CommitStep::Fenced:
            result.step = Step::Failed;
            result.error = answer.error.value_or(
                engine::PortError{.fatal = true,
                                  .code = "fenced",
                                  .text = "another instance has taken the job over; what was not "
                                          "committed here is done there"});
            return result;
        case engine::CommitStep::Failed:
            break;
    }
    VELO_ASSERT(answer.error.has_value(), "a ledger says why it failed");
    result.step = Step::Failed;
    result.error = std::move(answer.error);
    return result;
}

bool Committer::still_leads(std::string& text) {
    if (ledger_ == nullptr) return true;
    std::optional<engine::PortError> error;
    if (ledger_->lead(error) != engine::Leadership::Lost) return true;
    is_member_ = false;
    text = error ? error->text : "another instance has taken the job over";
    return false;
}

void Committer::leave() {
    if (is_member_) ledger_->leave();
    is_member_ = false;
}

}  // namespace velo::runtime
