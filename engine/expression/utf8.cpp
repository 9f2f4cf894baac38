#include "engine/expression/utf8.hpp"

namespace velo::engine {

bool is_utf8(std::string_view bytes) noexcept {
    std::size_t i = 0;
    while (i < bytes.size()) {
        const auto lead = static_cast<unsigned char>(bytes[i]);
        if (lead < 0x80U) {
            ++i;
            continue;
        }
        if (lead < 0xC2U || lead > 0xF4U) return false;
        const std::size_t size = character_size(bytes[i]);
        if (bytes.size() - i < size) return false;
        for (std::size_t k = 1; k < size; ++k) {
            if (!is_continuation(bytes[i + k])) return false;
        }
        const auto second = static_cast<unsigned char>(bytes[i + 1]);
        if (lead == 0xE0U && second < 0xA0U) return false;  // Overlong.
        if (lead == 0xEDU && second > 0x9FU) return false;  // A surrogate.
        if (lead == 0xF0U && second < 0x90U) return false;  // Overlong.
        if (lead == 0xF4U && second > 0x8FU) return false;  // Beyond U+10FFFF.
        i += size;
    }
    return true;
}

}  // namespace velo::engine
