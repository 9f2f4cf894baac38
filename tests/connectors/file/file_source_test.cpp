#include "connectors/file/file_source.hpp"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/connectors/scratch_folder.hpp"

using velo::SourcePartition;
using velo::connectors::FileReader;
using velo::connectors::FileSource;
using velo::connectors::FileSourceOptions;
using velo::connectors::LineReader;
using velo::engine::Offsets;
using velo::engine::PartitionName;
using velo::engine::RawBatch;
using velo::engine::RawRecord;
using velo::tests::ScratchFolder;
using velo::tests::WakeDescriptor;

namespace {

constexpr SourcePartition kFirst{0};
using Rows = std::vector<std::pair<std::int64_t, std::string>>;

Rows rows_of(const RawBatch& batch) {
    Rows rows;
    for (const RawRecord& record : batch) rows.emplace_back(record.offset, record.value);
    return rows;
}

// Everything of one file, some records at a time.
Rows read_all(const std::string& path, std::uint32_t at_a_time = 2) {
    const FileSourceOptions options{{path}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 0, std::nullopt);
    Rows rows;
    while (!reader.position(kFirst).ended) {
        RawBatch batch;
        static_cast<void>(reader.poll(kFirst, at_a_time, batch));
        for (auto& row : rows_of(batch)) rows.push_back(std::move(row));
        reader.release(batch);
    }
    return rows;
}

}  // namespace

TEST_CASE("each line is a record, its number the offset; blank lines count and are skipped",
          "[file]") {
    const ScratchFolder folder;
    CHECK(read_all(folder.write("a", "{}\n\n  \t\n{\"x\":1}\r\n\r\n[3]")) ==
          Rows{{0, "{}"}, {3, "{\"x\":1}"}, {5, "[3]"}});
    CHECK(read_all(folder.write("b", "")).empty());
    CHECK(read_all(folder.write("c", "\n\n\n")).empty());
}

TEST_CASE("a record of a file has no key and no timestamp, and its position is the next line",
          "[file]") {
    const ScratchFolder folder;
    const FileSourceOptions options{{folder.write("a", "1\n\n2\n3\n")}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 0, std::nullopt);
    CHECK(reader.position(kFirst).next_offset == 0);
    RawBatch batch;
    REQUIRE(reader.poll(kFirst, 2, batch) == 2);
    CHECK_FALSE(batch[0].has_key);
    CHECK(batch[0].has_value);
    CHECK(batch[0].timestamp == velo::engine::kNoTimestamp);
    CHECK(batch[0].partition == kFirst);
    CHECK(reader.position(kFirst).next_offset == 3);
    CHECK_FALSE(reader.position(kFirst).ended);
    REQUIRE(reader.poll(kFirst, 10, batch) ==
            1);  // Appended, and the bytes of the earlier ones are still there.
    CHECK(rows_of(batch) == Rows{{0, "1"}, {2, "2"}, {3, "3"}});
    CHECK(reader.position(kFirst).ended);
    CHECK(reader.position(kFirst).next_offset == 4);
    reader.release(batch);
    CHECK(batch.empty());
}

TEST_CASE("reading begins and ends at the lines it is told", "[file]") {
    const ScratchFolder folder;
    const FileSourceOptions options{{folder.write("a", "0\n1\n2\n3\n4\n")}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 2, 4);
    CHECK(reader.position(kFirst).next_offset == 2);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 10, batch) == 2);
    CHECK(rows_of(batch) == Rows{{2, "2"}, {3, "3"}});
    CHECK(reader.position(kFirst).ended);
    CHECK(reader.position(kFirst).next_offset == 4);
    reader.release(batch);
}

TEST_CASE("a line that is too long for a record comes cut, one byte beyond what a record may have",
          "[file]") {
    const ScratchFolder folder;
    const Rows rows = read_all(folder.write("a", std::string(20U << 20, 'x') + "\n{}\n"));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].second.size() == LineReader::kLongestLine + 1);
    CHECK(rows[1] == std::pair<std::int64_t, std::string>{1, "{}"});
}

TEST_CASE("a poll that found only blank lines wakes its reader, because there is more", "[file]") {
    const ScratchFolder folder;
    std::string blank;
    while (blank.size() < 40 * LineReader::kBlockSize) blank += std::string(9999, ' ') + '\n';
    const FileSourceOptions options{{folder.write("a", blank + "{}")}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 0, std::nullopt);
    RawBatch batch;
    int polls = 0;
    while (reader.poll(kFirst, 10, batch) == 0) {
        REQUIRE(wake.woken());
        ++polls;
    }
    CHECK(polls == 2);
    CHECK(batch.front().offset == static_cast<std::int64_t>(blank.size() / 10000));
    reader.release(batch);
}

TEST_CASE("each path is a partition with its own offsets", "[file]") {
    const ScratchFolder folder;
    FileSource source({{folder.write("a", "a0\na1\n"), folder.write("b", "b0\n")}});
    std::vector<PartitionName> names;
    REQUIRE_FALSE(source.refresh_partitions(names));
    REQUIRE(names.size() == 2);
    CHECK(names[0].topic == folder.path("a"));
    CHECK(names[1].partition == 1);
    Offsets starts;
    REQUIRE_FALSE(source.start_offsets(0, 2, starts));
    CHECK(starts == Offsets{{SourcePartition{0}, 0}, {SourcePartition{1}, 0}});
    CHECK(source.is_bounded());
    CHECK_FALSE(source.is_durable());

    const WakeDescriptor wake;
    const auto reader = source.make_reader(wake.get(), 1 << 20);
    reader->add(SourcePartition{1}, 0, std::nullopt);
    reader->add(SourcePartition{0}, 0, std::nullopt);
    RawBatch batch;
    CHECK(reader->poll(SourcePartition{1}, 10, batch) == 1);
    CHECK(reader->poll(SourcePartition{0}, 10, batch) == 2);
    CHECK(rows_of(batch) == Rows{{0, "b0"}, {0, "a0"}, {1, "a1"}});
    CHECK(batch[0].partition == SourcePartition{1});
    reader->release(batch);
}

TEST_CASE("a path that cannot be read is an error that names it", "[file]") {
    const ScratchFolder folder;
    std::vector<PartitionName> names;
    const auto missing = FileSource({{folder.path("none")}}).refresh_partitions(names);
    REQUIRE(missing);
    CHECK(missing->fatal);
    CHECK(missing->code == "file_unreadable");
    CHECK(missing->text == "cannot read '" + folder.path("none") +
                               "': No such file or directory; check the path in the source");
    const auto folder_error = FileSource({{folder.path("")}}).refresh_partitions(names);
    REQUIRE(folder_error);
    CHECK(folder_error->text ==
          "cannot read '" + folder.path("") + "': it is a folder; check the path in the source");

    const FileSourceOptions options{{folder.path("gone")}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 0, std::nullopt);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 10, batch) == 0);
    CHECK_FALSE(reader.position(kFirst).ended);
    REQUIRE(reader.take_error());
    CHECK_FALSE(reader.take_error());
}

TEST_CASE("a pipe is read as it comes: nothing blocks, and what comes wakes the reader", "[file]") {
    const ScratchFolder folder;
    const std::string path = folder.path("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const FileSourceOptions options{{path}};
    const WakeDescriptor wake;
    FileReader reader(options, wake.get());
    reader.add(kFirst, 0, std::nullopt);
    RawBatch batch;
    CHECK(reader.poll(kFirst, 10, batch) == 0);  // No writer yet.
    CHECK_FALSE(reader.position(kFirst).ended);
    CHECK_FALSE(wake.woken());

    const int writer = ::open(path.c_str(), O_WRONLY);
    REQUIRE(::write(writer, "1\n2", 3) == 3);
    REQUIRE(wake.woken(5000));
    CHECK(reader.poll(kFirst, 10, batch) == 1);
    CHECK(reader.poll(kFirst, 10, batch) == 0);  // The second line is not whole.
    REQUIRE(::write(writer, "2\n", 2) == 2);
    REQUIRE(wake.woken(5000));
    CHECK(reader.poll(kFirst, 10, batch) == 1);
    CHECK(reader.poll(kFirst, 10, batch) == 0);
    ::close(writer);
    REQUIRE(wake.woken(5000));
    CHECK(reader.poll(kFirst, 10, batch) == 0);
    CHECK(reader.position(kFirst).ended);
    CHECK(rows_of(batch) == Rows{{0, "1"}, {1, "22"}});
    reader.release(batch);
}
