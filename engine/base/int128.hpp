// 128-bit integers: exact sums and decimals.
#pragma once

namespace velo {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

}  // namespace velo
