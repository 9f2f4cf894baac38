// Committing positions as a member of a group, without waiting longer than one wants to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/kafka_transactions.hpp"
#include "engine/pipeline/ledger.hpp"

namespace velo::connectors {

/// One commit at a time: a call that finds the answer missing says Again, and the next one with the same positions and
/// note goes on waiting for it.
/// Thread:  the control thread.
class GroupCommit {
public:
    /// Up to 200 ms. The client is the group's member, so that a broker refuses who has been replaced: what it says of
    /// that is Again, because the member itself learns whether it is so.
    [[nodiscard]] engine::CommitResult commit(Client& member,
                                              const std::vector<PartitionOffset>& offsets,
                                              const std::string& note);

private:
    struct Asked {
        std::vector<PartitionOffset> offsets;
        std::string note;
        bool operator==(const Asked&) const = default;
    };

    std::optional<Asked> asked_;
    Queue answers_;
};

}  // namespace velo::connectors
