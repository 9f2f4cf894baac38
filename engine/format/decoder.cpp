#include "engine/format/decoder.hpp"

namespace velo::engine {

void DecodeResult::clear() noexcept {
    good.clear();
    skipped.clear();
    faults.clear();
    late_faults.clear();
}

}  // namespace velo::engine
