#include "config/yaml_file.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;

namespace {

Place at(int line, int column, int length) { return {"f.yaml", line, column, length}; }

Lines mistakes_in(const std::string& text) { return ReadYaml(text).lines(); }

std::string repeat(const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("a value knows its text, its place and how it was written", "[config][yaml]") {
    const ReadYaml read(
        "a: plain words\nb: \"quo\\\"ted\" # c\nc: 'it''s'\nd: |\n  x\n   y\ne: >-\n  x\n  y\nf: "
        "[1, {g: 2}]\n");
    REQUIRE(read.lines().empty());
    CHECK(read.at("a").text == "plain words");
    CHECK(read.file.place(read.at("a")) == at(1, 4, 11));
    CHECK(read.at("a").style == Node::Style::Plain);
    CHECK(read.at("b").text == "quo\"ted");
    CHECK(read.file.place(read.at("b")) == at(2, 4, 10));
    CHECK(read.at("b").style == Node::Style::DoubleQuoted);
    CHECK(read.at("c").text == "it's");
    CHECK(read.file.place(read.at("c")) == at(3, 4, 7));
    CHECK(read.at("c").style == Node::Style::SingleQuoted);
    CHECK(read.at("d").text == "x\n y\n");
    CHECK(read.file.place(read.at("d")) == at(4, 4, 1));
    CHECK(read.at("d").style == Node::Style::Literal);
    CHECK(read.at("e").text == "x y");
    CHECK(read.at("e").style == Node::Style::Folded);
    CHECK(read.at("f").items.size() == 2);
    CHECK(read.file.place(*read.at("f").items[1]->entries[0].value) == at(10, 12, 1));
}

TEST_CASE("columns count bytes, also behind letters that take two", "[config][yaml]") {
    const ReadYaml read("\xC3\xA4: {\xC3\xB6: x, b: y}\n");
    REQUIRE(read.lines().empty());
    CHECK(read.file.place(*read.file.root()->entries[0].value->entries[1].value) == at(1, 16, 1));
}

TEST_CASE("a value that runs over lines is underlined on its first", "[config][yaml]") {
    CHECK(ReadYaml("a: one\n  two\n").at("a").length == 3);
    CHECK(ReadYaml("a: 'one\n  two'\n").at("a").length == 4);
}

TEST_CASE("an alias is the value it names, places included", "[config][yaml]") {
    const ReadYaml read("a: &x {k: v}\nb: *x\nc: &y\n  - 1\nd: &z  # why\n  word\ne: *z\n");
    REQUIRE(read.lines().empty());
    CHECK(&read.at("a") == &read.at("b"));
    CHECK(read.file.place(read.at("d")) == at(6, 3, 4));
    CHECK(read.at("e").text == "word");
}

TEST_CASE("a byte-order mark and Windows line ends change nothing", "[config][yaml]") {
    const ReadYaml read(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: |\r\n  x\r\n  y\r\n");
    REQUIRE(read.lines().empty());
    CHECK(read.file.place(read.at("a")) == at(1, 4, 1));
    CHECK(read.at("b").text == "x\ny\n");
}

TEST_CASE("duplicate keys are mistakes, and the first one counts", "[config][yaml]") {
    const ReadYaml read("a: 1\nb: {c: 1, c: 2}\na: 2\n");
    CHECK(read.lines() == Lines{"f.yaml:2:11: duplicate key 'c'; it is already in line 2",
                                "f.yaml:3:1: duplicate key 'a'; it is already in line 1"});
    CHECK(read.at("a").text == "1");
}

TEST_CASE("what is not YAML is said in words that help", "[config][yaml]") {
    CHECK(mistakes_in("a:\n\tb:\n") ==
          Lines{"f.yaml:2:3: not valid YAML: a tab in the indentation; "
                "indent with spaces"});
    CHECK(mistakes_in("a: x: y\n") == Lines{"f.yaml:1:5: not valid YAML: a second ': ' in one "
                                            "line; put quotes around a text that holds ': '"});
    CHECK(mistakes_in("a: 1\n\tb: 2\n") ==
          Lines{"f.yaml:2:1: not valid YAML: a tab in the indentation; indent with spaces"});
    CHECK(mistakes_in("a: {b: 1\n") == Lines{"f.yaml:2:1: not valid YAML: a '{' without its '}'"});
    CHECK(mistakes_in("a: [b, 1\n") == Lines{"f.yaml:2:1: not valid YAML: a '[' without its ']'"});
    CHECK(mistakes_in("a: @b\n") == Lines{"f.yaml:1:4: not valid YAML: a character that cannot "
                                          "begin a value; put quotes around the text"});
    CHECK(mistakes_in("a: *b\n") ==
          Lines{"f.yaml:1:4: not valid YAML: an alias ('*…') without its anchor ('&…') above"});
    CHECK(mistakes_in("a: {b: ${X}}\n") == Lines{"f.yaml:1:9: not valid YAML: a '{' without its "
                                                 "'}'; inside { } put quotes around it: \"${…}\""});
    CHECK(mistakes_in("a: \"b\n") ==
          Lines{"f.yaml:1:4: a quote that is never closed; write \" where the text ends"});
    CHECK(mistakes_in("a: 'b''\n") ==
          Lines{"f.yaml:1:4: a quote that is never closed; write ' where the text ends"});
    CHECK(mistakes_in("a: !!str 5\n") ==
          Lines{"f.yaml:1:4: a YAML tag ('!…'); values here have no tags, leave it out"});
    CHECK(mistakes_in("[a]: 1\n") ==
          Lines{"f.yaml:1:1: a key that is not a word; write 'key: value'"});
    CHECK(mistakes_in("") == Lines{"f.yaml:1:1: the file is empty"});
    CHECK(mistakes_in("# nothing\n") == Lines{"f.yaml:1:1: the file is empty"});
    CHECK(mistakes_in("a: 1\n---\nb: 1\n") ==
          Lines{"f.yaml:2:1: a second document begins here; a file holds one"});
}

TEST_CASE("bytes that are not text are refused where they stand", "[config][yaml]") {
    CHECK(mistakes_in("a: 1\nb: \xFF\n") ==
          Lines{"f.yaml:2:4: not valid UTF-8; save the file as UTF-8"});
    CHECK(mistakes_in("a: \xC0\xAF\n") ==
          Lines{"f.yaml:1:4: not valid UTF-8; save the file as UTF-8"});
    CHECK(mistakes_in("a: \xED\xA0\x80\n") ==
          Lines{"f.yaml:1:4: not valid UTF-8; save the file as UTF-8"});
    CHECK(mistakes_in("a: \x04 b: 2\n") ==
          Lines{"f.yaml:1:4: a control character; a configuration file is text"});
    CHECK(mistakes_in(std::string("a\0:\0 \0001\0", 8)) ==
          Lines{"f.yaml:1:2: a control character; a configuration file is text"});
}

TEST_CASE("nesting ends at its limit, whatever the brackets", "[config][yaml]") {
    CHECK(mistakes_in("a: " + repeat("[", 31) + repeat("]", 31) + "\n").empty());
    const Lines deep{"f.yaml:1:35: nested more than 32 deep; no key here needs that"};
    CHECK(mistakes_in("a: " + repeat("[", 32) + repeat("]", 32) + "\n") == deep);
    CHECK(mistakes_in("a: " + repeat("[", 100'000)).size() == 1);
    CHECK(mistakes_in("a: " + repeat("{a: ", 100'000)).size() == 1);
    CHECK(mistakes_in(repeat("- ", 100'000)).size() == 1);
    CHECK(mistakes_in("a: &x " + repeat("[", 20) + repeat("]", 20) + "\nb: " + repeat("[", 20) +
                      "*x" + repeat("]", 20) + "\n") ==
          Lines{"f.yaml:2:24: nested more than 32 deep; no key here needs that"});
}

TEST_CASE("a billion laughs end at a hundred", "[config][yaml]") {
    std::string text = "a: &a [lol]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        text += std::string(1, c) + ": &" + c + " [" + repeat("*" + before + ", ", 9) + "]\n";
    }
    CHECK(mistakes_in(text) ==
          Lines{"f.yaml:4:8: aliases expand to more than 100 values; write the values out"});
    CHECK(mistakes_in("a: &a 1\nb: [" + repeat("*a, ", 100) + "]\n").empty());
    CHECK(mistakes_in("a: &a [*a]\n") ==
          Lines{"f.yaml:1:8: an alias inside the value it names; the value would never end"});
}

TEST_CASE("a file of one million bytes is read at once, however it is written", "[config][yaml]") {
    const auto start = std::chrono::steady_clock::now();
    CHECK(mistakes_in("a: [" + repeat("x,", 500'000) + "]").empty());
    CHECK(mistakes_in("a: [" + repeat("\"x\",", 250'000) + "]").empty());
    CHECK(mistakes_in("a: |\n" + repeat("\n", 1'000'000)).empty());
    CHECK(mistakes_in("{" + repeat("a: 1, ", 160'000) + "}").size() == 159'999);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("a file is refused when it cannot be one", "[config][yaml]") {
    const auto problem = [](const std::string& path) {
        return read_text_file(path).error().line();
    };
    CHECK(problem("no/such.yaml") == "no/such.yaml: no such file");
    CHECK(problem("tests") == "tests: a folder, not a file");
    const std::string path =
        (std::filesystem::temp_directory_path() / "velo_large_file_test.yaml").string();
    std::ofstream(path) << std::string(kMaxFileBytes + 1, 'x');
    CHECK(problem(path) == path + ": larger than 1 MiB; a configuration file never is");
    std::ofstream(path) << std::string(kMaxFileBytes, 'x');
    CHECK(read_text_file(path)->size() == kMaxFileBytes);
    std::remove(path.c_str());
}
