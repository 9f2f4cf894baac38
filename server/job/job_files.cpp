#include "server/job/job_files.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/yaml_file.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/error.hpp"
#include "engine/sql/parser.hpp"
#include "server/job/plan_job.hpp"

namespace velo::server {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kServerFile = "velostream.yaml";

bool is_job_file(const fs::path& path) {
    const std::string name = path.filename().string();
    const bool is_yaml = path.extension() == ".yaml" || path.extension() == ".yml";
    return is_yaml && !name.starts_with('.') && name != kServerFile;
}

/// Reads the files of one command, one after another, into a LoadedFiles.
class Loader {
public:
    Loader(const FilesAsked& asked, const config::Environment& environment)
        : asked_(asked), environment_(environment) {}

    LoadedFiles take_server(const std::optional<std::string>& path) {
        load_server(path);
        return std::move(loaded_);
    }

    LoadedFiles take() {
        std::optional<std::string> server_file = asked_.server_file;
        std::vector<config::Placed<std::string>> paths;
        for (const std::string& path : asked_.jobs) {
            if (fs::path(path).filename() == kServerFile) {
                server_file = path;
            } else {
                paths.push_back({path, {}});
            }
        }
        load_server(server_file);
        for (const auto& path : paths.empty() ? jobs_of_server() : paths) load_path(path);
        return std::move(loaded_);
    }

private:
    void refuse(Place place, std::string text) {
        loaded_.mistakes.add({Mistake{std::move(place), std::move(text)}});
    }

    void add_folder(const fs::path& folder) {
        std::string name = folder.empty() ? "." : folder.string();
        if (std::ranges::find(loaded_.folders, name) == loaded_.folders.end())
            loaded_.folders.push_back(std::move(name));
    }

    void load_server(std::optional<std::string> path) {
        std::error_code ignored;
        if (!path && fs::exists(kServerFile, ignored)) path = std::string(kServerFile);
        if (!path) return;
        add_folder(fs::path(*path).parent_path());
        std::vector<Mistake> mistakes;
        if (const auto file = read(*path, mistakes))
            loaded_.server = config::read_server(*file, environment_, mistakes);
        loaded_.mistakes.add(mistakes);
    }

    // A default folder that is not there is nobody's mistake, but then nothing says what to run.
    std::vector<config::Placed<std::string>> jobs_of_server() {
        const auto& jobs = loaded_.server.jobs;
        std::error_code ignored;
        if (std::ranges::any_of(jobs, [&](const auto& job) {
                return job.place.line > 0 || fs::exists(job.value, ignored);
            }))
            return jobs;
        if (loaded_.mistakes.empty() && !jobs.empty()) {
            refuse({}, fmt::format("no jobs to read: there is no '{}'; name job files or folders, "
                                   "or write 'jobs' in {}",
                                   jobs[0].value, kServerFile));
        }
        return {};
    }

    std::optional<config::YamlFile> read(const std::string& path, std::vector<Mistake>& mistakes) {
        auto text = config::read_text_file(path);
        if (!text) {
            mistakes.push_back(text.error());
            return std::nullopt;
        }
        std::optional<config::YamlFile> file;
        file.emplace(path, std::move(*text), mistakes);
        loaded_.mistakes.add_file(path, file->text());
        return file;
    }

    // `path.place` is where the server file names it; on the command line it has none.
    void load_path(const config::Placed<std::string>& path) {
        std::error_code problem;
        const bool is_folder = fs::is_directory(path.value, problem);
        add_folder(is_folder ? fs::path(path.value) : fs::path(path.value).parent_path());
        if (!is_folder) {
            if (fs::exists(path.value, problem) || path.place.line == 0) {
                load_job(path.value);
            } else {
                refuse(path.place, fmt::format("no such file or folder '{}'", path.value));
            }
            return;
        }
        std::vector<std::string> files;
        for (const fs::directory_entry& entry : fs::directory_iterator(path.value, problem)) {
            if (is_job_file(entry.path()) && !entry.is_directory(problem))
                files.push_back(entry.path().string());
        }
        Place place = path.place;
        if (place.line == 0) place.file = path.value;
        if (problem)
            return refuse(place, fmt::format("the folder '{}' cannot be read: {}", path.value,
                                             problem.message()));
        if (files.empty())
            return refuse(place, fmt::format("no job files in '{}'; they are named *.yaml or *.yml",
                                             path.value));
        std::ranges::sort(files);
        for (const std::string& file : files) load_job(file);
    }

    void load_job(const std::string& path) {
        std::error_code problem;
        if (!known_files_.insert(fs::weakly_canonical(path, problem).string()).second) return;
        std::vector<Mistake> mistakes;
        const auto file = read(path, mistakes);
        if (file) {
            config::JobSpec spec = config::read_job(*file, environment_, mistakes);
            if (const auto kafka = config::kafka_connection(loaded_.server, spec); !kafka)
                mistakes.push_back(kafka.error());
            check_name(spec, mistakes);
            check_output(spec, mistakes);
            auto plan = plan_of(spec, mistakes);
            VELO_ASSERT(plan || !mistakes.empty(), "a job is planned, or it is said why not");
            if (mistakes.empty()) loaded_.jobs.push_back({std::move(spec), std::move(*plan)});
        }
        loaded_.mistakes.add(mistakes);
    }

    // Judges the query even where other keys are wrong: its author corrects everything in one go.
    std::optional<engine::Plan> plan_of(const config::JobSpec& spec,
                                        std::vector<Mistake>& mistakes) const {
        if (spec.query.text().empty()) return std::nullopt;
        try {
            if (spec.can_be_planned || mistakes.empty()) return plan_job(spec, asked_.bounded);
            (void)engine::sql::parse_query(
                spec.query.text());  // Names would be unknown for want of their sources.
        } catch (const Error& error) {
            for (Mistake& mistake : spec.query.in_file(error.mistakes()))
                mistakes.push_back(std::move(mistake));
        }
        return std::nullopt;
    }

    void check_name(const config::JobSpec& spec, std::vector<Mistake>& mistakes) {
        if (spec.name.value.empty()) return;
        const auto [first, is_new] = names_.emplace(spec.name.value, spec.name.place);
        if (is_new) return;
        mistakes.push_back({spec.name.place, fmt::format("a second job '{}'; the first is in {}",
                                                         spec.name.value, first->second.text())});
    }

    void check_output(const config::JobSpec& spec, std::vector<Mistake>& mistakes) {
        const auto* sink = std::get_if<config::FileSinkSpec>(&spec.sink.to);
        if (sink == nullptr || sink->path.value.empty() || sink->path.value == "-") return;
        const auto [first, is_new] = outputs_.emplace(sink->path.value, sink->path.place);
        if (is_new) return;
        mistakes.push_back(
            {sink->path.place,
             fmt::format("'{}' is written by another job too, {}; one would overwrite the other",
                         sink->path.value, first->second.text())});
    }

    const FilesAsked& asked_;
    const config::Environment& environment_;
    LoadedFiles loaded_;
    std::set<std::string> known_files_;
    std::map<std::string, Place> names_;
    std::map<std::string, Place> outputs_;
};

}  // namespace

LoadedFiles load_server_file(const std::optional<std::string>& path,
                             const config::Environment& environment) {
    const FilesAsked asked;
    return Loader(asked, environment).take_server(path);
}

LoadedFiles load_files(const FilesAsked& asked, const config::Environment& environment) {
    return Loader(asked, environment).take();
}

}  // namespace velo::server
