#include "config/secret.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <utility>

#include <fmt/format.h>

namespace velo::config {

namespace {

constexpr std::size_t kMaxSecretBytes = 64 * 1024;

}  // namespace

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        forget();
        value_ = std::move(other.value_);
        other.forget();
    }
    return *this;
}

bool Secret::equals(std::string_view other) const noexcept {
    unsigned difference = value_.size() == other.size() ? 0U : 1U;
    for (std::size_t i = 0; i < other.size(); ++i) {
        const auto ours =
            static_cast<unsigned char>(value_.empty() ? 0 : value_[i % value_.size()]);
        difference |= static_cast<unsigned>(ours ^ static_cast<unsigned char>(other[i]));
    }
    return difference == 0;
}

void Secret::forget() noexcept {
    // volatile: the compiler may not drop writes to memory that is about to be freed.
    volatile char* bytes = value_.data();
    for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = '\0';
    value_.clear();
}

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

Secret SecretSource::read(const Environment& environment) const {
    std::string path = name;
    if (kind == Kind::Credential) {
        const auto folder = environment("CREDENTIALS_DIRECTORY");
        if (!folder) {
            throw Error(place, fmt::format("credential '{}' needs $CREDENTIALS_DIRECTORY, which "
                                           "the service manager sets; or write {{file: …}}",
                                           name));
        }
        path = *folder + "/" + name;
    }
    std::ifstream stream(path, std::ios::binary);
    std::string text(kMaxSecretBytes + 1, '\0');
    if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!stream.is_open() || stream.bad())
        throw Error(place, fmt::format("secret '{}' cannot be read: {}; check the path, and that "
                                       "the daemon's user may read it",
                                       path, std::strerror(errno)));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaxSecretBytes)
        throw Error(place, fmt::format("secret '{}' is larger than 64 KiB", path));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty()) throw Error(place, fmt::format("secret '{}' is empty", path));
    return Secret(std::move(text));
}

std::optional<SecretSource> read_secret_source(const Value& value) {
    if (!value.is_mapping()) {
        value.refuse(
            fmt::format("'{}' is a secret; write {{file: …}} or {{credential: …}}", value.name()));
        return std::nullopt;
    }
    Section section = value.section(fmt::format("secret '{}'", value.name()));
    const auto file = section.find("file");
    const auto credential = section.find("credential");
    section.finish();
    if (value.is_recorded()) {
        static_cast<void>(file->text(Variables::Verbatim));
        static_cast<void>(credential->text(Variables::Verbatim));
        return std::nullopt;
    }
    if (file.has_value() == credential.has_value()) {
        section.refuse(fmt::format("'{}' needs either 'file' or 'credential'", value.name()));
        return std::nullopt;
    }
    const auto name = (file ? *file : *credential).text(Variables::Verbatim);
    if (!name) return std::nullopt;
    if (name->find("${") != std::string::npos) {
        (file ? *file : *credential)
            .refuse(
                "variables are not filled in where a secret is named; write the path or name "
                "itself");
        return std::nullopt;
    }
    if (credential && name->find('/') != std::string::npos) {
        credential->refuse(fmt::format(
            "'{}' is not the name of a credential; a path is written {{file: …}}", *name));
        return std::nullopt;
    }
    return SecretSource{file ? SecretSource::Kind::File : SecretSource::Kind::Credential, *name,
                        value.place()};
}

}  // namespace velo::config
