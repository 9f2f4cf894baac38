// The paths below /api/v1.
#pragma once

#include <string_view>

#include "server/http/routes.hpp"

namespace velo::server {

/// `{"error": text}`
[[nodiscard]] HttpResponse api_error(unsigned status, std::string_view text);

[[nodiscard]] HttpResponse api_index(const HttpRequest&, DaemonDoors&, std::string_view);
[[nodiscard]] HttpResponse api_version(const HttpRequest&, DaemonDoors&, std::string_view);
[[nodiscard]] HttpResponse api_jobs(const HttpRequest&, DaemonDoors&, std::string_view);
[[nodiscard]] HttpResponse api_job(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_tap(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_pause(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_resume(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_restart(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_drain(const HttpRequest&, DaemonDoors&, std::string_view name);
[[nodiscard]] HttpResponse api_reload(const HttpRequest&, DaemonDoors&, std::string_view);
[[nodiscard]] HttpResponse api_events(const HttpRequest&, DaemonDoors&, std::string_view);

}  // namespace velo::server
