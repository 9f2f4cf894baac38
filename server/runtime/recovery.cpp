#include "server/runtime/recovery.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/base/crash_point.hpp"
#include "engine/base/hash.hpp"

namespace velo::runtime {

namespace {

constexpr std::size_t kBytesAtOnce = 16U << 20;

RecoveryProblem for_good(std::string code, std::string text) {
    return {{.fatal = true, .code = std::move(code), .text = std::move(text)}, true};
}

std::string way_out(const std::string& job) {
    return fmt::format(
        "'velostream jobs reset {}' discards the job's state and positions, so that it begins anew",
        job);
}

RecoveryProblem damaged(const std::string& job, const std::string& what) {
    return for_good("state_log_damaged",
                    fmt::format("the state log velostream.{}.state is damaged: {}; restore the "
                                "topic from a backup, or {}",
                                job, what, way_out(job)));
}

// The ledger's own fatal errors need a person too: what it could not read will not be there the next time.
RecoveryProblem problem_of(engine::PortError error) {
    const bool fatal = error.fatal;
    return {std::move(error), fatal};
}

// A job without committed positions must not have a state log: its positions have been deleted or have expired.
std::optional<RecoveryProblem> refuse_lost_positions(engine::Ledger& ledger, const std::string& job,
                                                     const engine::Progress& progress) {
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        if (progress.log_ends[p] == 0) continue;
        bool some = false;
        if (auto error = ledger.read_log(p, 0, progress.log_ends[p],
                                         [&](const engine::LogRecord&) { some = true; }))
            return problem_of(std::move(*error));
        if (!some) continue;
        return for_good(
            "positions_lost",
            fmt::format("the state log velostream.{0}.state holds state, but the positions it "
                        "belongs to are not committed under the group velostream.{0} (deleted, "
                        "changed by another tool, or expired); {1}",
                        job, way_out(job)));
    }
    return std::nullopt;
}

std::expected<std::optional<LogHeader>, RecoveryProblem> read_header(engine::Ledger& ledger,
                                                                     const std::string& job,
                                                                     std::uint32_t partition,
                                                                     const CommitNote& note) {
    const std::int64_t end = note.log[partition].end;
    if (end == 0) return std::nullopt;
    std::optional<LogHeader> header;
    if (auto error = ledger.read_log(partition, end - 1, end, [&](const engine::LogRecord& record) {
            header = decode_header(record.value);
        }))
        return std::unexpected(problem_of(std::move(*error)));
    if (!header)
        return std::unexpected(damaged(
            job, fmt::format("partition {} has no header at offset {}, where epoch {} ended",
                             partition, end - 1, note.epoch)));
    if (header->epoch > note.epoch || (partition == 0 && header->epoch != note.epoch))
        return std::unexpected(
            damaged(job, fmt::format("partition {} ends with epoch {}, but epoch {} is committed",
                                     partition, header->epoch, note.epoch)));
    if (header->complete.start != note.log[partition].start ||
        (partition == 0) != header->job.has_value())
        return std::unexpected(
            damaged(job, fmt::format("the header of partition {} is not the one that epoch {} "
                                     "was committed with",
                                     partition, note.epoch)));
    return header;
}

std::optional<RecoveryProblem> refuse_other_query(const std::string& job,
                                                  const std::vector<engine::StatePart>& saved,
                                                  const std::vector<engine::StatePart>& now) {
    const auto text_of = [](const std::vector<engine::StatePart>& shape, const std::string& part) {
        const auto found = std::ranges::find(shape, part, &engine::StatePart::part);
        return found == shape.end() ? std::string("none") : found->text;
    };
    std::string differing;
    const auto compare = [&](const std::string& part) {
        const std::string before = text_of(saved, part);
        const std::string after = text_of(now, part);
        if (before == after) return;
        differing += fmt::format("{}{} was '{}' and is now '{}'", differing.empty() ? "" : "; ",
                                 part, before, after);
    };
    for (const engine::StatePart& part : saved) compare(part.part);
    for (const engine::StatePart& part : now) {
        if (std::ranges::find(saved, part.part, &engine::StatePart::part) == saved.end())
            compare(part.part);
    }
    if (differing.empty()) return std::nullopt;
    return for_good("state_of_another_query",
                    fmt::format("the saved state belongs to another query: {}; put that back, give "
                                "the job another name, or {}",
                                differing, way_out(job)));
}

using Partitions = std::vector<engine::PartitionName>;

constexpr SourcePartition kGone{0xFFFFFFFF};

bool are_of_several_sources(const Partitions& partitions) {
    return std::ranges::any_of(partitions,
                               [](const engine::PartitionName& each) { return each.input != 0; });
}

std::string partition_words(const Partitions& partitions, SourcePartition partition) {
    if (partition == kGone) return "a source partition that is not there any more";
    if (!are_of_several_sources(partitions))
        return fmt::format("source partition {}", partition.value);
    const engine::PartitionName& name = partitions[partition.value];
    return fmt::format("partition {} of '{}'", name.partition, name.topic);
}

bool is_at(const engine::Progress& progress, SourcePartition partition, std::int64_t offset) {
    const auto found = progress.positions.find(partition);
    return found != progress.positions.end() && found->second == offset;
}

/// The numbers that partitions have in this run, by topic and partition.
using Numbers = std::map<std::string, std::map<std::int32_t, SourcePartition>>;

Numbers numbers_of(const Partitions& partitions) {
    Numbers numbers;
    for (std::uint32_t i = 0; i < partitions.size(); ++i)
        numbers[partitions[i].topic][partitions[i].partition] = SourcePartition{i};
    return numbers;
}

SourcePartition number_of(const Numbers& numbers, const MarkName& name) {
    const auto topic = numbers.find(name.topic);
    if (topic == numbers.end()) return kGone;
    const auto found = topic->second.find(name.partition);
    return found == topic->second.end() ? kGone : found->second;
}

MarkName named(const std::string& topic, const SourceMark& mark) {
    return {topic, static_cast<std::int32_t>(mark.partition.value)};
}

// Marks without names are of a job that had one source: which of today's it was, its positions tell.
std::vector<MarkName> names_of(const JobHeader& header, const Numbers& numbers,
                               const engine::Progress& progress) {
    if (!header.names.empty()) return header.names;
    const auto was = std::ranges::find_if(numbers, [&](const auto& topic) {
        return std::ranges::all_of(header.marks, [&](const SourceMark& mark) {
            return is_at(progress, number_of(numbers, named(topic.first, mark)), mark.next_offset);
        });
    });
    // None fits: they have moved, whichever it was.
    const std::string& topic = was == numbers.end() ? numbers.begin()->first : was->first;
    std::vector<MarkName> names;
    for (const SourceMark& mark : header.marks) names.push_back(named(topic, mark));
    return names;
}

// The header's marks under the numbers that partitions have in this run. Those of a topic that is not read any more are left
// out: only a query without state goes on without one of its sources.
std::vector<SourceMark> marks_now(const JobHeader& header, const Partitions& partitions,
                                  const engine::Progress& progress) {
    if (header.names.empty() && !are_of_several_sources(partitions)) return header.marks;
    const Numbers numbers = numbers_of(partitions);
    const std::vector<MarkName> names = names_of(header, numbers, progress);
    std::vector<SourceMark> marks;
    for (std::size_t i = 0; i < header.marks.size(); ++i) {
        if (!numbers.contains(names[i].topic)) continue;
        SourceMark mark = header.marks[i];
        mark.partition = number_of(numbers, names[i]);
        marks.push_back(mark);
    }
    return marks;
}

// The positions that were committed and those the header remembers are of one transaction, so they agree.
std::optional<RecoveryProblem> refuse_moved_positions(const std::string& job,
                                                      const Partitions& partitions,
                                                      const engine::Progress& progress,
                                                      const std::vector<SourceMark>& marks) {
    for (const SourceMark& mark : marks) {
        if (is_at(progress, mark.partition, mark.next_offset)) continue;
        const auto found = progress.positions.find(mark.partition);
        return for_good(
            "positions_moved",
            fmt::format(
                "{} is committed at {}, but the saved state was cut at "
                "{}; another tool has changed the group velostream.{}; put it back, or {}",
                partition_words(partitions, mark.partition),
                found == progress.positions.end() ? "no offset" : std::to_string(found->second),
                mark.next_offset, job, way_out(job)));
    }
    return std::nullopt;
}

bool is_committed(const std::vector<LogLife>& lives, const LogChunk& chunk) noexcept {
    return std::ranges::any_of(lives, [&](const LogLife& life) {
        return life.run == chunk.run && life.first_epoch <= chunk.epoch &&
               chunk.epoch <= life.last_epoch;
    });
}

}  // namespace

EventTime Recovered::answered_to_of(std::uint32_t shard) const noexcept {
    if (answered_to.empty()) return kBeforeAllTime;
    return answered_to[pipeline_of(shard, static_cast<std::uint32_t>(answered_to.size()))];
}

std::expected<Recovered, RecoveryProblem> recover(engine::Ledger& ledger, const std::string& job,
                                                  const Partitions& partitions,
                                                  const std::vector<engine::StatePart>& shape) {
    ledger.name_partitions(partitions);
    engine::Progress progress;
    if (auto error = ledger.recover(static_cast<std::uint32_t>(partitions.size()), progress))
        return std::unexpected(problem_of(std::move(*error)));
    Recovered recovered;
    recovered.begun = progress.begun;
    recovered.positions = progress.positions;
    if (!progress.begun || progress.note.empty()) {
        // Never begun, or begun elsewhere: positions somebody set before the job's first start count.
        if (auto problem = refuse_lost_positions(ledger, job, progress))
            return std::unexpected(std::move(*problem));
        return recovered;
    }
    const auto note = decode_note(progress.note);
    if (!note || !progress.notes_agree)
        return std::unexpected(for_good(
            "positions_foreign",
            fmt::format("the positions of group velostream.{} were not all committed by this job's "
                        "last epoch; put them back, or {}",
                        job, way_out(job))));
    LogPosition log{.note = *note, .headers = {}};
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        auto header = read_header(ledger, job, p, *note);
        if (!header) return std::unexpected(std::move(header.error()));
        log.headers[p] = std::move(*header);
    }
    recovered.log = std::move(log);
    if (!recovered.log->headers[0]) return recovered;
    const JobHeader& header = *recovered.log->headers[0]->job;
    if (auto problem = refuse_other_query(job, header.shape, shape))
        return std::unexpected(std::move(*problem));
    const std::vector<SourceMark> marks = marks_now(header, partitions, progress);
    if (auto problem = refuse_moved_positions(job, partitions, progress, marks))
        return std::unexpected(std::move(*problem));
    for (const SourceMark& mark : marks) recovered.watermarks[mark.partition] = mark.watermark;
    recovered.answered_to = header.answered_to;
    return recovered;
}

std::optional<RecoveryProblem> read_entries(
    engine::Ledger& ledger, const std::string& job, const Recovered& recovered,
    const std::function<bool(const std::vector<std::string>& packed)>& take) {
    if (!recovered.log || !recovered.log->headers[0]) return std::nullopt;
    const CommitNote& note = recovered.log->note;
    const std::vector<LogLife>& lives = recovered.log->headers[0]->job->lives;
    bool sensible = true;
    std::vector<std::string> packed;
    std::size_t packed_bytes = 0;
    const auto hand_on = [&] {
        if (!packed.empty()) crash_point("restoring");
        if (!packed.empty()) sensible = sensible && take(packed);
        packed.clear();
        packed_bytes = 0;
    };
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        const auto& header = recovered.log->headers[p];
        if (!header) continue;
        LogRound complete = header->complete;
        LogRound current = header->current;
        complete.chunks = current.chunks = complete.hash = current.hash = 0;
        const auto visit = [&](const engine::LogRecord& record) {
            if (!is_chunk_key(record.key)) return;
            const auto chunk = decode_chunk(record.value);
            // A record that does not decode is missing from the counts below, if it counts at all.
            if (!chunk || !is_committed(lives, *chunk)) return;
            LogRound& round = chunk->round == current.number ? current : complete;
            ++round.chunks;
            round.hash += chunk_hash(chunk->entries);
            packed.emplace_back(chunk->entries);
            packed_bytes += chunk->entries.size();
            if (packed_bytes >= kBytesAtOnce) hand_on();
        };
        if (auto error = ledger.read_log(p, note.log[p].start, note.log[p].end, visit))
            return problem_of(std::move(*error));
        hand_on();
        if (complete != header->complete || current != header->current)
            return damaged(job, fmt::format("partition {} holds {} and {} chunks where its header "
                                            "counts {} and {}, or their contents differ",
                                            p, complete.chunks, current.chunks,
                                            header->complete.chunks, header->current.chunks));
        if (!sensible)
            return damaged(job,
                           fmt::format("partition {} holds entries that are not of this query", p));
    }
    return std::nullopt;
}

}  // namespace velo::runtime
