#include "server/runtime/state_log.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/crash_point.hpp"

namespace velo::runtime {

StateLog::StateLog(std::uint64_t run, std::vector<engine::StatePart> shape,
                   const std::optional<LogPosition>& position)
    : run_(run), shape_(std::move(shape)) {
    first_epoch_ = EpochId{kPositionsOnly.value + 1};
    note_.run = run_;
    for (Books& books : books_) {
        books.complete = {.number = 0, .first_epoch = 1};
        books.current = {.number = 1, .first_epoch = 1};
    }
    if (!position) return;
    note_ = position->note;
    first_epoch_ = EpochId{note_.epoch + 1};
    if (!position->headers[0]) return;  // Nothing but positions has been committed.
    VELO_ASSERT(position->headers[0]->job.has_value(), "recovery checks the job's header");
    lives_ = position->headers[0]->job->lives;
    // Rounds are the whole job's; a partition that was not written to in the latest ones held nothing in them.
    const LogHeader& job = *position->headers[0];
    round_ = job.current.number;
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        Books& books = books_[p];
        const auto& header = position->headers[p];
        books.complete = {.number = job.complete.number,
                          .first_epoch = job.complete.first_epoch,
                          .start = note_.log[p].end};
        books.current = {.number = job.current.number,
                         .first_epoch = job.current.first_epoch,
                         .start = note_.log[p].end};
        if (!header) continue;
        if (header->current.number == job.current.number) {
            books.complete = header->complete;
            books.current = header->current;
        } else if (header->current.number == job.complete.number) {
            books.complete = header->current;
        }
    }
}

void StateLog::write(EpochId epoch, const EpochReport& report, engine::Ledger& ledger) {
    note_.epoch = epoch.value;
    note_.run = run_;
    round_done_.resize(report.round_done.size(), 0);
    for (std::size_t p = 0; p < round_done_.size(); ++p) {
        if (report.round_done[p] == round_) round_done_[p] = 1;
    }
    for (const SavedChunk& saved : report.saved) {
        Books& books = books_[saved.log_partition];
        books.touched = true;
        ledger.append(saved.log_partition, epoch, chunk_key(round_, books.current.chunks),
                      encode_chunk({run_, epoch.value, round_, saved.entries}));
        crash_point("saving");
        ++books.current.chunks;
        books.current.hash += chunk_hash(saved.entries);
        written_bytes_ += saved.entries.size();
    }
    books_[0].touched = true;
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        const Books& books = books_[p];
        if (!books.touched) continue;
        LogHeader header{run_, epoch.value, books.complete, books.current, std::nullopt};
        crash_point("before_header");
        if (p == 0) header.job = job_header(epoch, report);
        ledger.append(p, epoch, header_key(epoch.value), encode_header(header));
        note_.log[p].start = books.complete.start;
    }
}

JobHeader StateLog::job_header(EpochId epoch, const EpochReport& report) const {
    JobHeader job;
    job.shape = shape_;
    job.marks = report.marks;
    job.names = report.names;
    job.answered_to = report.answered_to;
    // Runs whose last epoch lies before everything that may still be read need no mention.
    std::uint64_t oldest = books_[0].complete.first_epoch;
    for (const Books& books : books_) oldest = std::min(oldest, books.complete.first_epoch);
    for (const LogLife& life : lives_) {
        if (life.last_epoch >= oldest) job.lives.push_back(life);
    }
    job.lives.push_back({run_, first_epoch_.value, epoch.value});
    return job;
}

std::string StateLog::note(const std::vector<std::int64_t>& log_ends) {
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        if (books_[p].touched) note_.log[p].end = log_ends[p];
    }
    return encode_note(note_);
}

std::string StateLog::first_note() const {
    CommitNote note;
    note.epoch = kPositionsOnly.value;
    note.run = run_;
    return encode_note(note);
}

void StateLog::committed() {
    for (Books& books : books_) books.touched = false;
    if (!std::ranges::all_of(round_done_, [](std::uint8_t done) { return done != 0; })) return;
    std::ranges::fill(round_done_, std::uint8_t{0});
    crash_point("round_ended");
    ++round_;
    for (std::uint32_t p = 0; p < kLogPartitions; ++p) {
        Books& books = books_[p];
        books.complete = books.current;
        books.current = {
            .number = round_, .first_epoch = note_.epoch + 1, .start = note_.log[p].end};
    }
}

}  // namespace velo::runtime
