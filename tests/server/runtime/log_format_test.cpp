#include "server/runtime/log_format.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::runtime;

namespace {

LogHeader a_header() {
    LogHeader header;
    header.run = 0xFEDCBA9876543210;
    header.epoch = 42;
    header.complete = {.number = 3, .first_epoch = 20, .start = 100, .chunks = 7, .hash = 99};
    header.current = {.number = 4, .first_epoch = 31, .start = 150, .chunks = 2, .hash = 5};
    header.job = JobHeader{.shape = {{"window", "TUMBLING 1m"}, {"group keys", "a STRING"}},
                           .lives = {{1, 1, 19}, {2, 20, 42}},
                           .marks = {{SourcePartition{0}, 1234, EventTime{Duration{-5}}},
                                     {SourcePartition{7}, 0, kBeforeAllTime}},
                           .answered_to = {EventTime{Duration{60'000'000}}, kBeforeAllTime}};
    return header;
}

CommitNote a_note() {
    CommitNote note{.epoch = 42, .run = 0xFEDCBA9876543210, .log = {}};
    for (std::uint32_t p = 0; p < kLogPartitions; ++p)
        note.log[p] = {.start = 1000 * p, .end = 1000 * p + 999};
    return note;
}

}  // namespace

TEST_CASE("headers, chunks and notes come back as they were", "[log_format]") {
    CHECK(decode_header(encode_header(a_header())) == a_header());
    LogHeader named = a_header();
    named.job->names = {{"trades", 0}, {"quotes", 7}};
    CHECK(decode_header(encode_header(named)) == named);
    LogHeader small = a_header();
    small.job.reset();
    CHECK(decode_header(encode_header(small)) == small);
    CHECK(decode_note(encode_note(a_note())) == a_note());
    const std::string bytes = encode_chunk({1, 2, 3, "some entries"});
    const auto chunk = decode_chunk(bytes);
    REQUIRE(chunk);
    CHECK(chunk->run == 1);
    CHECK(chunk->epoch == 2);
    CHECK(chunk->round == 3);
    CHECK(chunk->entries == "some entries");
}

TEST_CASE("the header of a job with one source is what it has always been", "[log_format]") {
    LogHeader header = a_header();
    const std::string bytes = encode_header(header);
    CHECK(bytes.front() == 1);
    header.job->names = {{"trades", 0}, {"quotes", 7}};
    const std::string named = encode_header(header);
    CHECK(named.front() == 2);
    // Version, then all that was there before; the names and the seal follow.
    const std::size_t common = bytes.size() - sizeof(std::uint64_t) - 1;
    CHECK(named.substr(1, common) == bytes.substr(1, common));
}

TEST_CASE("a note is printable and fits a broker's default limit", "[log_format]") {
    CommitNote note = a_note();
    note.epoch = ~0ULL;
    for (auto& range : note.log) range = {.start = INT64_MAX, .end = INT64_MAX};
    const std::string text = encode_note(note);
    CHECK(text.size() < 500);
    CHECK(std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; }));
    CHECK(decode_note(text) == note);
}

TEST_CASE("one changed or missing byte is noticed everywhere", "[log_format]") {
    const std::string header = encode_header(a_header());
    const std::string chunk = encode_chunk({1, 2, 3, "some entries"});
    const std::string note = encode_note(a_note());
    for (std::size_t i = 0; i < header.size(); ++i) {
        std::string bad = header;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        CHECK_FALSE(decode_header(bad));
        CHECK_FALSE(decode_header(header.substr(0, i)));
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        std::string bad = chunk;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        CHECK_FALSE(decode_chunk(bad));
        CHECK_FALSE(decode_chunk(chunk.substr(0, i)));
    }
    for (std::size_t i = 0; i < note.size(); ++i) {
        std::string bad = note;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        CHECK_FALSE(decode_note(bad) == a_note());
        CHECK_FALSE(decode_note(note.substr(0, i)));
    }
    CHECK_FALSE(decode_note(note + "0"));
}

TEST_CASE("random bytes are never a header, a chunk or a note", "[log_format]") {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string bytes(random() % 300, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        CHECK_FALSE(decode_header(bytes));
        CHECK_FALSE(decode_chunk(bytes));
        CHECK_FALSE(decode_note(bytes));
    }
}
