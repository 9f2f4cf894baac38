// What a thread is called in `top -H`, in core dumps and in the kernel's messages.
#pragma once

#include <algorithm>
#include <pthread.h>
#include <string>

namespace velo::runtime {

/// Names the calling thread; the system keeps 15 characters.
inline void name_thread(std::string name) noexcept {
    name.resize(std::min<std::size_t>(name.size(), 15));
    static_cast<void>(pthread_setname_np(pthread_self(), name.c_str()));
}

}  // namespace velo::runtime
