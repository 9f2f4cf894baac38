#include "config/sql_text.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;

namespace {

/// The SQL of `q:`; where() finds a word of it in the file, by its place in the SQL.
struct Sql {
    explicit Sql(const std::string& yaml) : read(yaml), sql(read.file, read.at("q")) {}

    [[nodiscard]] std::string where(const std::string& word) const {
        const std::string& text = sql.text();
        const std::size_t at = text.find(word);
        if (at == std::string::npos) return "not in the SQL";
        const std::size_t line_break = text.rfind('\n', at);
        const int column =
            static_cast<int>(line_break == std::string::npos ? at : at - line_break - 1) + 1;
        const int line =
            1 + static_cast<int>(
                    std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
        const Place place = sql.in_file(Place{"", line, column, static_cast<int>(word.size())});
        return place.text() + "+" + std::to_string(place.length);
    }

    ReadYaml read;
    SqlText sql;
};

}  // namespace

TEST_CASE("a place in a block scalar is found in the file, whatever its indentation",
          "[config][sql_text]") {
    const Sql block("a: 1\nq: |\n    SELECT x\n      FROM tt\n\n    WHERE y\n");
    CHECK(block.where("SELECT") == "f.yaml:3:5+6");
    CHECK(block.where("tt") == "f.yaml:4:12+2");
    CHECK(block.where("y") == "f.yaml:6:11+1");
    CHECK(Sql("q: |2-  # why\n     SELECT\n   x\n").where("SELECT") == "f.yaml:2:6+6");
    CHECK(Sql("q: |\n\n\n  SELECT\n").where("SELECT") == "f.yaml:4:3+6");
    CHECK(Sql("o:\n- p\nq: &sql |+\n  SELECT\n\n").where("SELECT") == "f.yaml:4:3+6");
}

TEST_CASE("a place is found in scalars of every other style", "[config][sql_text]") {
    CHECK(Sql("q: SELECT x FROM t\n").where("FROM") == "f.yaml:1:13+4");
    CHECK(Sql("q: SELECT x\n   FROM t\n\n   WHERE z\n").where("z") == "f.yaml:4:10+1");
    CHECK(Sql("q: 'SELECT ''a'' AS b'\n").where("AS") == "f.yaml:1:18+2");
    CHECK(Sql("q: 'SELECT\n  x FROM t'\n").where("FROM") == "f.yaml:2:5+4");
    CHECK(Sql("q: \"SELECT \\\"c d\\\", \\u00e9x\\n FROM t\"\n").where("FROM") == "f.yaml:1:31+4");
    CHECK(Sql("q: \"SELECT \\\"c d\\\", \\u00e9x\\n FROM t\"\n").where("x") == "f.yaml:1:27+1");
    CHECK(Sql("q: \"SELECT \\\n   x\\tFROM t\"\n").where("FROM") == "f.yaml:2:7+4");
    CHECK(Sql("q: >\n  SELECT x\n  FROM t\n\n  WHERE z\n").where("FROM") == "f.yaml:3:3+4");
    CHECK(Sql("q: >\n  SELECT x\n  FROM t\n\n  WHERE z\n").where("z") == "f.yaml:5:9+1");
}

TEST_CASE("columns count bytes in both texts", "[config][sql_text]") {
    CHECK(Sql("q: |\n  SELECT '\xC3\xA4\xC3\xA4' AS b\n").where("AS") == "f.yaml:2:17+2");
    CHECK(Sql("q: |\r\n  SELECT\r\n  b\r\n").where("b") == "f.yaml:3:3+1");
}

TEST_CASE("the end of the SQL is behind its last word", "[config][sql_text]") {
    const Sql block("q: |\n  SELECT\nr: 1\n");
    CHECK(block.sql.in_file(Place{"", 1, 7, 1}).text() == "f.yaml:2:9");
    CHECK(block.sql.in_file(Place{"", 2, 1, 1}).text() == "f.yaml:2:9");
    CHECK(block.sql.in_file(Place{"", 99, 99, 99}).line == 2);
    CHECK(Sql("q: SELECT\n").sql.in_file(Place{"", 1, 7, 1}).text() == "f.yaml:1:10");
}

TEST_CASE("what runs over a line is underlined to its end", "[config][sql_text]") {
    const Sql block("q: |\n  SELECT a\n  FROM b\n");
    CHECK(block.sql.in_file(Place{"", 1, 1, 15}) == Place{"f.yaml", 2, 3, 8});
}

TEST_CASE("places that are in a file already, or nowhere", "[config][sql_text]") {
    const Sql block("q: |\n  SELECT a\n");
    CHECK(block.sql.in_file(Place{"other.yaml", 7, 8, 2}) == Place{"other.yaml", 7, 8, 2});
    CHECK(block.sql.in_file(Place{}) == Place{"f.yaml", 1, 4, 1});
    CHECK(block.sql.in_file(std::vector{Mistake{{"", 1, 8, 1}, "no column 'a'"}}) ==
          std::vector{Mistake{{"f.yaml", 2, 10, 1}, "no column 'a'"}});
}

TEST_CASE("every letter of any scalar is found where the file has it", "[config][sql_text]") {
    std::mt19937 random(20240115);
    const std::string alphabet = "ab'\"\\ \n:x|>-";
    for (int round = 0; round < 2000; ++round) {
        std::string value;
        const std::size_t size = random() % 40;
        for (std::size_t i = 0; i < size; ++i) value += alphabet[random() % alphabet.size()];
        std::string yaml = "q: \"";
        for (const char c : value) {
            if (c == '\n') {
                yaml += random() % 2 == 0 ? "\\n" : "\\n\\\n  ";
            } else if (c == ' ') {
                yaml += "\\ ";
            } else {
                yaml += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
            }
        }
        yaml += "\"\n";
        const Sql sql(yaml);
        REQUIRE(sql.sql.text() == value);
        int line = 1;
        int column = 1;
        for (const char c : value) {
            const Place place = sql.sql.in_file(Place{"", line, column, 1});
            std::size_t at = 0;
            for (int skipped = 1; skipped < place.line; ++skipped) at = yaml.find('\n', at) + 1;
            at += static_cast<std::size_t>(place.column - 1);
            if (c != ' ' && c != '\n') REQUIRE((yaml[at] == '\\' ? yaml[at + 1] : yaml[at]) == c);
            column = c == '\n' ? 1 : column + 1;
            line += c == '\n' ? 1 : 0;
        }
    }
}
