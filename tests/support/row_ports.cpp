#include "tests/support/row_ports.hpp"

#include <unistd.h>

namespace velo::tests {

namespace {

// A sink that had no room says when it has: here at once, through the worker's event descriptor.
void wake(int descriptor) {
    const std::uint64_t one = 1;
    static_cast<void>(!write(descriptor, &one, sizeof one));
}

}  // namespace

bool RowWriter::try_write(std::unique_ptr<engine::OutputChunk>& chunk) {
    if (world_.refuse_every != 0 && !refused_ && ++calls_ % world_.refuse_every == 0) {
        refused_ = true;
        wake(wake_);
        return false;
    }
    refused_ = false;
    const std::lock_guard guard(world_.lock);
    for (const auto& record : chunk->records) {
        const bool has_key = record.key_size != engine::OutputChunk::kNone;
        const bool has_value = record.value_size != engine::OutputChunk::kNone;
        world_.written.emplace_back(has_key ? std::string(chunk->key(record)) : "<none>",
                                    has_value ? std::string(chunk->value(record)) : "<none>");
    }
    world_.written_records += chunk->records.size();
    chunk->clear();
    return true;
}

bool RowWriter::try_write(const engine::DeadLetter& letter, EpochId) {
    const std::lock_guard guard(world_.lock);
    world_.dead_letters.push_back(letter);
    return true;
}

}  // namespace velo::tests
