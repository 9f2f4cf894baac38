#include "config/secret.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/config/config_text.hpp"

using namespace velo;
using namespace velo::config;

namespace {

struct SecretFile {
    explicit SecretFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
    ~SecretFile() { std::remove(path.c_str()); }
    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;

    std::filesystem::path path = std::filesystem::temp_directory_path() / "velo_secret_test";
};

std::string problem(const SecretSource& source, const Environment& environment) {
    try {
        (void)source.read(environment);
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("a secret prints as three stars", "[config][secret]") {
    std::ostringstream out;
    out << Secret("hunter2");
    CHECK(out.str() == "***");
    CHECK(Secret("hunter2").reveal() == "hunter2");
}

TEST_CASE("a secret that was moved from is forgotten", "[config][secret]") {
    Secret from("s");
    const Secret to = std::move(from);
    CHECK(to.reveal() == "s");
    CHECK(from.reveal().empty());  // NOLINT(bugprone-use-after-move): that is the point
    Secret other("a long secret that does not fit into the string itself");
    other = Secret("t");
    CHECK(other.reveal() == "t");
}

TEST_CASE("secrets compare as texts", "[config][secret]") {
    CHECK(Secret("abc").equals("abc"));
    CHECK_FALSE(Secret("abc").equals("abd"));
    CHECK_FALSE(Secret("abc").equals("ab"));
    CHECK_FALSE(Secret("abc").equals("abcabc"));
    CHECK_FALSE(Secret("abc").equals(""));
    CHECK_FALSE(Secret("").equals("a"));
    CHECK(Secret("").equals(""));
}

TEST_CASE("a secret is read from its file or from the credentials folder, without the line break",
          "[config][secret]") {
    const SecretFile file("hunter2\r\n");
    const SecretSource path{SecretSource::Kind::File, file.path.string(), {}};
    CHECK(path.read(variables({})).reveal() == "hunter2");
    const SecretSource credential{
        SecretSource::Kind::Credential, file.path.filename().string(), {}};
    CHECK(credential.read(variables({{"CREDENTIALS_DIRECTORY", file.path.parent_path().string()}}))
              .reveal() == "hunter2");
}

TEST_CASE("a secret that cannot be read says so without saying it", "[config][secret]") {
    const Place place{"v.yaml", 3, 4, 5};
    CHECK(
        problem({SecretSource::Kind::File, "/no/such", place}, variables({})) ==
        "v.yaml:3:4: secret '/no/such' cannot be read: No such file or directory; check the path, "
        "and that the daemon's user may read it");
    CHECK(problem({SecretSource::Kind::Credential, "pw", place}, variables({})) ==
          "v.yaml:3:4: credential 'pw' needs $CREDENTIALS_DIRECTORY, which the service manager "
          "sets; or write {file: …}");
    const SecretFile empty("\n");
    CHECK(problem({SecretSource::Kind::File, empty.path.string(), place}, variables({})) ==
          "v.yaml:3:4: secret '" + empty.path.string() + "' is empty");
    const SecretFile large(std::string(70'000, 'x'));
    CHECK(problem({SecretSource::Kind::File, large.path.string(), place}, variables({})) ==
          "v.yaml:3:4: secret '" + large.path.string() + "' is larger than 64 KiB");
}
