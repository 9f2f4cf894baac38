#include "engine/data/type.hpp"

namespace velo::engine {

std::string Type::text() const {
    switch (kind) {
        case TypeKind::Null:
            return "NULL";
        case TypeKind::Boolean:
            return "BOOLEAN";
        case TypeKind::Bigint:
            return "BIGINT";
        case TypeKind::Double:
            return "DOUBLE";
        case TypeKind::Decimal:
            return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
        case TypeKind::String:
            return "STRING";
        case TypeKind::Bytes:
            return "BYTES";
        case TypeKind::Timestamp:
            return "TIMESTAMP";
        case TypeKind::Date:
            return "DATE";
        case TypeKind::Interval:
            return "INTERVAL";
    }
    std::unreachable();
}

}  // namespace velo::engine
