// CAST between types. Every cast that does not convert is the fault bad_cast. Besides this table: TIMESTAMP, INTERVAL and
// STRING become TIME (the clock of its day; an INTERVAL without its whole days; `12:34:56`), TIME becomes STRING and
// INTERVAL. For nested types, to which a STRING is JSON, see nested_cast.cpp.
//
//   from \ to │ BOOLEAN  BIGINT   DOUBLE  DECIMAL  STRING  BYTES  TIMESTAMP  DATE  INTERVAL
//   BOOLEAN   │    ·     0 or 1     –        –     'true'    –        –        –       –
//   BIGINT    │  not 0      ·     nearest  in p,s  digits    –     epoch ms    –   milliseconds
//   DOUBLE    │    –     rounded     ·     rounded shortest  –        –        –       –
//   DECIMAL   │    –     rounded  nearest  rounded digits    –        –        –       –
//   STRING    │  words   number   number   rounded    ·    UTF-8   RFC 3339   date  duration
//   BYTES     │    –        –        –        –     UTF-8    ·        –        –       –
//   TIMESTAMP │    –     epoch ms    –        –    RFC 3339  –        ·      its day   –
//   DATE      │    –        –        –        –     date     –     midnight    ·       –
//   INTERVAL  │    –   milliseconds  –        –    duration  –        –        –       ·
//
// Rounded: half away from zero, as ROUND does; what then does not fit is a fault. Milliseconds are cut downwards.
// Words: true, t, yes, y, 1, and false, f, no, n, 0, in any case. Strings may have blanks around them. A STRING without a
// zone is UTC, without a time midnight. A STRING becomes BIGINT when it holds an integer however written (`5.0`, `1e2`).
#pragma once

#include "engine/expression/function.hpp"

namespace velo::engine {

/// How a value of `from` becomes one of `to` (one argument, NullRule::Strict); null pointer where the table has `–`.
/// A bare NULL becomes every type.
[[nodiscard]] Kernel cast_kernel(const Type& from, const Type& to) noexcept;

/// The same where one of them is nested (nested_cast.cpp).
[[nodiscard]] Kernel nested_cast_kernel(const Type& from, const Type& to) noexcept;

}  // namespace velo::engine
