#include "engine/format/base64.hpp"

#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace velo::engine;

namespace {

std::string written(std::string_view bytes) {
    std::string text(base64_size(bytes.size()), ' ');
    CHECK(write_base64(text.data(), bytes) == text.data() + text.size());
    return text;
}

std::optional<std::string> read(std::string_view text) {
    std::string bytes(text.size() / 4 * 3, ' ');
    const char* const end = read_base64(text, bytes.data());
    if (end == nullptr) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(end - bytes.data()));
    return bytes;
}

}  // namespace

TEST_CASE("base64 writes the examples of RFC 4648", "[base64]") {
    CHECK(written("") == "");
    CHECK(written("f") == "Zg==");
    CHECK(written("fo") == "Zm8=");
    CHECK(written("foo") == "Zm9v");
    CHECK(written("foobar") == "Zm9vYmFy");
    CHECK(written("\xFB\xFF") == "+/8=");
}

TEST_CASE("base64 reads only what it would have written", "[base64]") {
    for (const char* const wrong : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====",
                                    "Zg==Zg==", "Zm 9", "Zm-_", "Zm9\n"}) {
        INFO(wrong);
        CHECK_FALSE(read(wrong).has_value());
    }
    rc::check("any bytes come back",
              [](const std::string& bytes) { RC_ASSERT(read(written(bytes)) == bytes); });
}
