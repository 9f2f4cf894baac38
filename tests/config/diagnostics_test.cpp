#include "config/diagnostics.hpp"

#include <catch2/catch.hpp>

using namespace velo;
using namespace velo::config;

namespace {

Mistake mistake(const std::string& file, int line, int column, int length,
                const std::string& text) {
    return {{file, line, column, length}, text};
}

std::string shown(const std::string& text, int line, int column, int length) {
    Diagnostics report;
    report.add_file("f", text);
    report.add({mistake("f", line, column, length, "m")});
    return report.text();
}

}  // namespace

TEST_CASE("mistakes come in the order of files, lines and columns, each once",
          "[config][diagnostics]") {
    Diagnostics report;
    CHECK(report.empty());
    report.add({mistake("b", 1, 1, 1, "four"), mistake("a", 10, 1, 1, "three"),
                mistake("a", 9, 7, 1, "two")});
    report.add({mistake("a", 9, 3, 1, "one"), mistake("a", 9, 7, 1, "two")});
    CHECK(report.text() == "a:9:3: one\na:9:7: two\na:10:1: three\nb:1:1: four\n");
    CHECK_FALSE(report.empty());
}

TEST_CASE("a mistake shows its line and underlines its words", "[config][diagnostics]") {
    CHECK(shown("a: 1\nb:\n  topc: x\n", 3, 3, 4) == "f:3:3: m\n      topc: x\n      ^~~~\n");
    CHECK(shown("a: 1\r\n", 1, 4, 1) == "f:1:4: m\n    a: 1\n       ^\n");
    CHECK(shown("last line", 1, 6, 99) == "f:1:6: m\n    last line\n         ^~~~\n");
    CHECK(shown("ab", 1, 3, 1) == "f:1:3: m\n    ab\n      ^\n");
}

TEST_CASE("the caret stands under the word behind tabs and letters of two bytes",
          "[config][diagnostics]") {
    CHECK(shown("\ta: b", 1, 5, 1) == "f:1:5: m\n    \ta: b\n    \t   ^\n");
    CHECK(shown("\xC3\xA4\xC3\xB6 \xC3\xBCx", 1, 6, 3) ==
          "f:1:6: m\n    \xC3\xA4\xC3\xB6 \xC3\xBCx\n       ^~\n");
    CHECK(shown("\xEF\xBB\xBF"
                "a: b",
                1, 4, 1) == "f:1:4: m\n    a: b\n       ^\n");
}

TEST_CASE("what has no line shows none", "[config][diagnostics]") {
    CHECK(shown("x", 0, 0, 1) == "f: m\n");
    CHECK(shown("x", 9, 1, 1) == "f:9:1: m\n");
}

TEST_CASE("a very long line is cut around the mistake", "[config][diagnostics]") {
    const std::string report =
        shown(std::string(5000, 'x') + "HERE" + std::string(5000, 'y'), 1, 5001, 4);
    CHECK(report.size() < 500);
    CHECK(report.find("    ...xxx") != std::string::npos);
    const std::size_t caret = report.find("^~~~") - report.rfind('\n', report.find("^~~~"));
    const std::size_t word = report.find("HERE") - report.rfind('\n', report.find("HERE"));
    CHECK(caret == word);
}

TEST_CASE("fifty mistakes are enough", "[config][diagnostics]") {
    Diagnostics report;
    for (int i = 1; i <= 60; ++i) report.add({mistake("f", i, 1, 1, "m")});
    CHECK(report.text().ends_with("f:50:1: m\n… and 10 more\n"));
    CHECK(report.mistakes().size() == 60);
}

TEST_CASE("programs read the report as JSON", "[config][diagnostics]") {
    Diagnostics report;
    CHECK(report.json() == "[]\n");
    report.add({mistake("f", 2, 3, 4, "unknown \"x\""), mistake("", 0, 0, 1, "m")});
    CHECK(report.json() ==
          "[\n {\"file\":\"\",\"line\":0,\"column\":0,\"length\":1,\"message\":\"m\"},\n"
          " {\"file\":\"f\",\"line\":2,\"column\":3,\"length\":4,\"message\":\"unknown "
          "\\\"x\\\"\"}\n]\n");
}
