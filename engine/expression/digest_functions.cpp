// Digests, hashes and checksums of texts and bytes; UUIDs made of names.
#include <array>

#include <boost/crc.hpp>
#include <openssl/evp.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/expression/functions.hpp"
#include "engine/expression/hex.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

// The digest of some bytes, its length in `size`; false when the library does not offer the method (FIPS and MD5).
bool digest(std::string_view bytes, const EVP_MD* method, Digest& out, unsigned& size) noexcept {
    return EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, method, nullptr) == 1;
}

template <auto method>
void digest_kernel(const KernelCall& call) {
    const Reader<std::string_view> in(*call.args[0]);
    auto* out = call.out.values<std::string_view>();
    Digest bytes{};
    call.rows.each([&](std::uint32_t row) {
        unsigned size = 0;
        if (!digest(in.at(row), method(), bytes, size)) {
            call.faults.add(row, FaultCode::BadArgument);
            return;
        }
        const std::string_view view(reinterpret_cast<const char*>(bytes.data()), size);
        out[row] =
            write_text(call.arena, 2 * view.size(), [&](char* to) { return write_hex(to, view); });
    });
}

void xxhash(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(call, [](std::string_view bytes) {
        return static_cast<std::int64_t>(XXH64(bytes.data(), bytes.size(), 0));
    });
}

void crc32(const KernelCall& call) {
    map_unary<std::string_view, std::int64_t>(call, [](std::string_view bytes) {
        boost::crc_32_type crc;
        crc.process_bytes(bytes.data(), bytes.size());
        return std::int64_t{crc.checksum()};
    });
}

constexpr std::size_t kUuidBytes = 16;
using Uuid = std::array<char, kUuidBytes>;
constexpr std::array<std::size_t, 4> kDashes{4, 6, 8, 10};  // Before these bytes.

bool is_dash_place(std::size_t byte) noexcept {
    return byte == kDashes[0] || byte == kDashes[1] || byte == kDashes[2] || byte == kDashes[3];
}

bool read_uuid(std::string_view text, Uuid& uuid) noexcept {
    for (std::size_t i = 0; i < kUuidBytes; ++i) {
        if (is_dash_place(i)) {
            if (!text.starts_with('-')) return false;
            text.remove_prefix(1);
        }
        if (text.size() < 2 || read_hex(text.substr(0, 2), &uuid[i]) == nullptr) return false;
        text.remove_prefix(2);
    }
    return text.empty();
}

char* write_uuid(char* out, std::string_view uuid) noexcept {
    for (std::size_t i = 0; i < kUuidBytes; ++i) {
        if (is_dash_place(i)) *out++ = '-';
        out = write_hex(out, uuid.substr(i, 1));
    }
    return out;
}

// The first 16 bytes of the SHA-1 of namespace and name, with version 5 and the variant of RFC 9562 in them.
void uuid_v5(const KernelCall& call) {
    const Reader<std::string_view> spaces(*call.args[0]);
    const Reader<std::string_view> names(*call.args[1]);
    auto* out = call.out.values<std::string_view>();
    std::string input;
    call.rows.each([&](std::uint32_t row) {
        Uuid space{};
        Digest bytes{};
        unsigned size = 0;
        if (!read_uuid(spaces.at(row), space)) {
            call.faults.add(row, FaultCode::BadArgument);
            return;
        }
        input.assign(space.data(), space.size());
        input += names.at(row);
        if (!digest(input, EVP_sha1(), bytes, size)) {
            call.faults.add(row, FaultCode::BadArgument);
            return;
        }
        bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x50U);
        bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
        const std::string_view view(reinterpret_cast<const char*>(bytes.data()), kUuidBytes);
        out[row] = write_text(call.arena, 2 * kUuidBytes + kDashes.size(),
                              [&](char* to) { return write_uuid(to, view); });
    });
}

Resolved resolve_digest(Types types, Kernel kernel, Type result = kString) {
    if (types.size() == 1 && types[0] == kBytes)
        return resolve_fixed(types, {kBytes}, result, kernel);
    return resolve_fixed(types, {kString}, result, kernel);
}

}  // namespace

Resolved resolve_md5(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_md5>);
}
Resolved resolve_sha1(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_sha1>);
}
Resolved resolve_sha224(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_sha224>);
}
Resolved resolve_sha256(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_sha256>);
}
Resolved resolve_sha384(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_sha384>);
}
Resolved resolve_sha512(Types types, Literals) {
    return resolve_digest(types, digest_kernel<EVP_sha512>);
}
Resolved resolve_xxhash64(Types types, Literals) { return resolve_digest(types, xxhash, kBigint); }
Resolved resolve_crc32(Types types, Literals) { return resolve_digest(types, crc32, kBigint); }
Resolved resolve_uuid_v5(Types types, Literals) {
    return resolve_fixed(types, {kString, kString}, kString, uuid_v5);
}

}  // namespace velo::engine
