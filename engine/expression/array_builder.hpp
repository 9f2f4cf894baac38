// Array results that are put together element by element.
#pragma once

#include "engine/data/nested.hpp"
#include "engine/expression/text_builder.hpp"

namespace velo::engine {

/// One array in the making.
class ArrayBuilder {
public:
    ArrayBuilder(std::string& bytes, TypeKind kind)
        : writer_(bytes), kind_(kind), start_(writer_.begin()) {}
    void add(const Element& element) {
        writer_.add(kind_, element);
        ++count_;
    }
    void finish() { writer_.end(start_, count_); }

private:
    NestedWriter writer_;
    TypeKind kind_;
    std::size_t start_;
    std::size_t count_ = 0;
};

/// out = the array of what `build(row, array)` adds.
template <class Build>
void build_arrays(const KernelCall& call, Build&& build) {
    const TypeKind kind = call.out.type().element().kind;
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        ArrayBuilder array(bytes, kind);
        const Built built = build(row, array);
        array.finish();
        return built;
    });
}

}  // namespace velo::engine
