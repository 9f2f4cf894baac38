#include "config/section.hpp"

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;
using namespace std::chrono_literals;

namespace {

enum class Fruit { Apple, Pear };
const std::vector<Choice<Fruit>> kFruits{{"apple", Fruit::Apple}, {"pear", Fruit::Pear}};

/// Reads `k: <value>` with one of Section's reads.
struct One {
    explicit One(const std::string& value) : yaml("k: " + value + "\n") {}

    template <class Target>
    Target as(Target target, void (*read)(Section&, Target&)) {
        const Environment environment = variables({{"N", "7"}, {"Q", "\"7\""}, {"D", "5s"}});
        Reading reading{yaml.file, environment, yaml.mistakes};
        Section section(yaml.file.root(), yaml.file.place(*yaml.file.root()), "thing", reading);
        read(section, target);
        section.finish();
        return target;
    }
    int integer() {
        return as<int>(-1, [](Section& s, int& t) { s.integer("k", t, 1, 100); });
    }
    double ratio() {
        return as<double>(-1, [](Section& s, double& t) { s.ratio("k", t); });
    }
    bool boolean(bool otherwise) {
        return as<bool>(otherwise, [](Section& s, bool& t) { s.boolean("k", t); });
    }
    Duration duration() {
        return as<Duration>(Duration{-1}, [](Section& s, Duration& t) { s.duration("k", t, 1ms); });
    }
    std::uint64_t size() {
        return as<std::uint64_t>(0, [](Section& s, std::uint64_t& t) { s.size("k", t); });
    }
    std::string text() {
        return as<std::string>(
            "", [](Section& s, std::string& t) { s.text("k", t, Variables::FilledIn); });
    }
    std::string verbatim() {
        return as<std::string>(
            "", [](Section& s, std::string& t) { s.text("k", t, Variables::Verbatim); });
    }
    Fruit fruit() {
        return as<Fruit>(Fruit::Apple, [](Section& s, Fruit& t) { s.choice("k", t, kFruits); });
    }

    ReadYaml yaml;
};

template <class Result>
std::string problem(const std::string& value, Result (One::*read)()) {
    One one(value);
    (one.*read)();
    return one.yaml.mistakes.size() == 1 ? one.yaml.mistakes[0].line() : "not one mistake";
}

}  // namespace

TEST_CASE("a whole number is digits without quotes, in its range", "[config][section]") {
    CHECK(One("5").integer() == 5);
    CHECK(One("${N}").integer() == 7);
    CHECK(One("\"${N}\"").integer() == 7);
    CHECK(One("\"${NONE:-8}\"").integer() == 8);
    CHECK(problem("\"5\"", &One::integer) ==
          "f.yaml:1:4: 'k' is the text \"5\"; write a whole number without quotes");
    CHECK(problem("0", &One::integer) ==
          "f.yaml:1:4: 'k' is 0; it must be a whole number from 1 to 100");
    CHECK(problem("101", &One::integer) ==
          "f.yaml:1:4: 'k' is 101; it must be a whole number from 1 to 100");
    CHECK(problem("99999999999999999999", &One::integer) ==
          "f.yaml:1:4: 'k' is 99999999999999999999; it must be a whole number from 1 to 100");
    CHECK(problem("many", &One::integer) ==
          "f.yaml:1:4: 'k' is 'many'; it must be a whole number from 1 to 100");
    CHECK(problem("5.0", &One::integer) ==
          "f.yaml:1:4: 'k' is '5.0'; it must be a whole number from 1 to 100");
    CHECK(problem("0x10", &One::integer) ==
          "f.yaml:1:4: 'k' is '0x10'; it must be a whole number from 1 to 100");
    CHECK(problem("[1]", &One::integer) == "f.yaml:1:4: 'k' is a list; it must be a whole number");
    CHECK(problem("${Q}", &One::integer) ==
          "f.yaml:1:4: 'k' is '\"7\"'; it must be a whole number from 1 to 100");
    CHECK(
        problem("${NONE}", &One::integer) ==
        "f.yaml:1:4: environment variable 'NONE' is not set; ${NONE:-default} gives it a default");
}

TEST_CASE("a ratio is a number from 0 to 1", "[config][section]") {
    CHECK(One("0.25").ratio() == 0.25);
    CHECK(One("1").ratio() == 1);
    CHECK(problem("1.5", &One::ratio) ==
          "f.yaml:1:4: 'k' is '1.5'; it must be a number from 0 to 1");
    CHECK(problem("-0.1", &One::ratio) ==
          "f.yaml:1:4: 'k' is '-0.1'; it must be a number from 0 to 1");
    CHECK(problem("nan", &One::ratio) ==
          "f.yaml:1:4: 'k' is 'nan'; it must be a number from 0 to 1");
    CHECK(problem("50%", &One::ratio) ==
          "f.yaml:1:4: 'k' is '50%'; it must be a number from 0 to 1");
}

TEST_CASE("a truth value is true or false and no other word", "[config][section]") {
    CHECK(One("true").boolean(false));
    CHECK_FALSE(One("false").boolean(true));
    for (const std::string word : {"yes", "on", "True", "1", "y"}) {
        One one(word);
        one.boolean(false);
        CHECK(one.yaml.lines() ==
              Lines{"f.yaml:1:4: 'k' is '" + word + "'; it must be true or false"});
    }
}

TEST_CASE("a duration has a unit", "[config][section]") {
    CHECK(One("1m30s").duration() == 90s);
    CHECK(One("${D}").duration() == 5s);
    CHECK(One("'2s'").duration() == 2s);
    CHECK(problem("5", &One::duration) == "f.yaml:1:4: 'k' is 5 without a unit; write 5s or 5ms");
    CHECK(problem("0s", &One::duration) == "f.yaml:1:4: 'k' is 0s; it must be at least 1ms");
    CHECK(problem("5x", &One::duration)
              .starts_with("f.yaml:1:4: 'k': '5x' has no duration unit 'x'"));
}

TEST_CASE("a size has a unit", "[config][section]") {
    CHECK(One("64MiB").size() == 64U << 20);
    CHECK(One("4GiB").size() == 4ULL << 30);
    CHECK(One("10kB").size() == 10'000);
    CHECK(One("7B").size() == 7);
    CHECK(problem("64", &One::size) ==
          "f.yaml:1:4: 'k' is 64 without a unit; write 64MiB or 64GiB");
    CHECK(problem("64mib", &One::size) ==
          "f.yaml:1:4: 'k': unknown unit 'mib'; did you mean 'MiB'?");
    CHECK(problem("64 parsecs", &One::size) ==
          "f.yaml:1:4: 'k': unknown unit ' parsecs'; write 64MiB or 4GiB");
    CHECK(problem("big", &One::size) ==
          "f.yaml:1:4: 'k' is 'big'; it must be a size such as 64MiB");
    CHECK(problem("99999999TiB", &One::size) ==
          "f.yaml:1:4: 'k' is '99999999TiB'; it must be a size such as 64MiB");
    CHECK(problem("-1MiB", &One::size) ==
          "f.yaml:1:4: 'k' is '-1MiB'; it must be a size such as 64MiB");
}

TEST_CASE("a choice is one of its words", "[config][section]") {
    CHECK(One("pear").fruit() == Fruit::Pear);
    CHECK(problem("paer", &One::fruit) ==
          "f.yaml:1:4: unknown value 'paer' for 'k'; did you mean 'pear'?");
    CHECK(problem("cherry", &One::fruit) ==
          "f.yaml:1:4: unknown value 'cherry' for 'k'; it can be apple, pear");
    CHECK(problem("{}", &One::fruit) ==
          "f.yaml:1:4: 'k' is a mapping; it must be one of apple, pear");
}

TEST_CASE("a text may be quoted or not, but not empty", "[config][section]") {
    CHECK(One("5").text() == "5");
    CHECK(One("'5'").text() == "5");
    CHECK(One("a-${N}").text() == "a-7");
    CHECK(One("a-${N}").verbatim() == "a-${N}");
    CHECK(problem("''", &One::text) == "f.yaml:1:4: 'k' is empty");
    CHECK(problem("", &One::text) ==
          "f.yaml:1:1: 'k' has no value; write one or leave the key out");
    CHECK(problem("~", &One::text) ==
          "f.yaml:1:1: 'k' has no value; write one or leave the key out");
    CHECK(problem("[a]", &One::text) == "f.yaml:1:4: 'k' is a list; it must be a text");
}

TEST_CASE("a value filled in cannot become YAML", "[config][section]") {
    ReadYaml yaml("k: ${INJECTED}\n");
    const Environment environment = variables({{"INJECTED", "a, other: b"}});
    Reading reading{yaml.file, environment, yaml.mistakes};
    Section section(yaml.file.root(), {}, "thing", reading);
    std::string text;
    section.text("k", text, Variables::FilledIn);
    section.finish();
    CHECK(yaml.lines().empty());
    CHECK(text == "a, other: b");
}

TEST_CASE("keys that nobody reads are refused, with the nearest one that exists",
          "[config][section]") {
    ReadYaml yaml("topc: a\nnonsense: b\n<<: {c: d}\n");
    const Environment environment = variables({});
    Reading reading{yaml.file, environment, yaml.mistakes};
    Section section(yaml.file.root(), Place{"f.yaml", 1, 1, 1}, "source", reading);
    CHECK_FALSE(section.need("topic"));
    CHECK_FALSE(section.find("start"));
    section.finish();
    CHECK(yaml.lines() ==
          Lines{"f.yaml:1:1: source has no 'topic'",
                "f.yaml:1:1: unknown key 'topc' in source; did you mean 'topic'?",
                "f.yaml:2:1: unknown key 'nonsense' in source; its keys are topic, start",
                "f.yaml:3:1: unknown key '<<' in source; YAML merge keys are not supported, write "
                "the keys out"});
}

TEST_CASE("a mapping and a list say what they should have been", "[config][section]") {
    ReadYaml yaml("m: 5\nl: {a: b}\n");
    const Environment environment = variables({});
    Reading reading{yaml.file, environment, yaml.mistakes};
    Section section(yaml.file.root(), {}, "thing", reading);
    Section inner = section.find("m")->section("inner");
    CHECK_FALSE(inner.need("x"));  // Nothing more is said about what is not there.
    inner.finish();
    CHECK(section.find("l")->items().empty());
    CHECK(yaml.lines() == Lines{"f.yaml:1:4: 'm' is a single value; it must be a mapping",
                                "f.yaml:2:4: 'l' is a mapping; it must be a list"});
}
