// How epochs become durable: through a ledger with a state log where the job has one, else through its source alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/pipeline/ledger.hpp"
#include "engine/pipeline/sink.hpp"
#include "engine/pipeline/source.hpp"
#include "server/runtime/epochs.hpp"
#include "server/runtime/job_run.hpp"
#include "server/runtime/recovery.hpp"
#include "server/runtime/state_log.hpp"

namespace velo::runtime {

/// Why a run cannot begin yet, or at all.
struct OpenTrouble {
    engine::PortError error;
    bool for_good = false;  // Only a person can tell what to do.
    /// Nothing is wrong: the group has not said yet whose the job is, or it is another instance's.
    enum class Wait : std::uint8_t { No, Joining, Standby } wait = Wait::No;
};

/// Order:  lead until it answers nothing; open; restore; begin; then for each epoch commit until it is Committed.
/// Thread: the job's control thread.
class Committer {
public:
    /// `ledger` is null for jobs whose progress does not outlast them.
    Committer(JobRun& run, engine::Source& source, engine::Sink& sink, engine::Ledger* ledger);

    /// Whether anything of the job is durable, were it only where it begins.
    [[nodiscard]] bool has_committed() const noexcept { return has_ledger() || ever_committed_; }
    [[nodiscard]] bool has_ledger() const noexcept { return ledger_ != nullptr; }

    /// Nothing once this instance may run the job.
    [[nodiscard]] std::optional<OpenTrouble> lead();
    /// Finds out where the job stands, whose source partitions are known.
    [[nodiscard]] std::optional<OpenTrouble> open(
        const std::vector<engine::PartitionName>& partitions);
    /// There are more source partitions now.
    void name_partitions(const std::vector<engine::PartitionName>& partitions) {
        if (ledger_ != nullptr) ledger_->name_partitions(partitions);
    }
    [[nodiscard]] const Recovered& recovered() const noexcept { return recovered_; }
    /// The first epoch of this run.
    [[nodiscard]] EpochId first_epoch() const noexcept;
    /// Hands on what the state log holds; see read_entries.
    [[nodiscard]] std::optional<OpenTrouble> restore(
        const std::function<bool(const std::vector<std::string>& packed)>& take);
    /// Commits the positions a new job begins with; does nothing for another one.
    [[nodiscard]] std::optional<OpenTrouble> begin(const engine::Offsets& starts);

    enum class Step : std::uint8_t { Committed, NotYet, Failed };
    struct Result {
        Step step = Step::NotYet;
        std::optional<engine::PortError> error;  // Also with NotYet: weather.
        bool wrote = false;                      // Committed, and not for nothing.
        bool undecided = false;  // NotYet: the ledger is at it; nothing will wake who waits for it.
    };
    /// Commits the epoch that every pipeline has closed, once the sink has acknowledged it; asked again until then.
    [[nodiscard]] Result commit(Epochs& epochs);

    /// Whether this instance may still run the job; `text`: why not.
    [[nodiscard]] bool still_leads(std::string& text);
    /// The run has ended, and its pipelines are gone: another instance may go on. Nothing where it is no member.
    void leave();

private:
    [[nodiscard]] Result commit_to_source(const Epochs& epochs);
    [[nodiscard]] Result commit_to_ledger(Epochs& epochs);
    void name_marks(EpochReport& report) const;

    JobRun& run_;
    engine::Source& source_;
    engine::Sink& sink_;
    engine::Ledger* const ledger_;
    std::uint64_t incarnation_;
    bool opened_ = false;
    bool is_member_ = false;  // Leads or stands by, as far as this run knows.
    Recovered recovered_;
    std::unique_ptr<StateLog> log_;
    EpochId written_{0};  // The latest epoch whose log records have been appended.
    engine::Offsets committed_;
    bool ever_committed_ = false;
};

}  // namespace velo::runtime
