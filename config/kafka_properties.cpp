#include "config/kafka_properties.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace velo::config {

namespace {

// Speed, sizes, waits and addresses: nothing here touches identity, delivery or which code runs.
constexpr std::string_view kTuning[] = {
    "api.version.request.timeout.ms",
    "batch.num.messages",
    "batch.size",
    "broker.address.family",
    "broker.address.ttl",
    "check.crcs",
    "client.dns.lookup",
    "client.id",
    "client.rack",
    "compression.codec",
    "compression.level",
    "compression.type",
    "connections.max.idle.ms",
    "coordinator.query.interval.ms",
    "delivery.timeout.ms",
    "enable.metrics.push",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "heartbeat.interval.ms",
    "linger.ms",
    "log.connection.close",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "message.copy.max.bytes",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.max.age.ms",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metadata.recovery.strategy",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "receive.message.max.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "retries",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "session.timeout.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.max.fails",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "sticky.partitioning.linger.ms",
    "topic.metadata.propagation.max.ms",
    "topic.metadata.refresh.fast.interval.ms",
    "topic.metadata.refresh.interval.ms",
    "topic.metadata.refresh.sparse",
    "transaction.timeout.ms",
};

constexpr std::string_view kSecurity[] = {
    "enable.ssl.certificate.verification",
    "sasl.kerberos.keytab",
    "sasl.kerberos.principal",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.keystore.location",
    "ssl.sigalgs.list",
};

constexpr std::string_view kSecrets[] = {
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
};

struct Refusal {
    std::string_view name;
    std::string_view reason;
};

// What the daemon itself sets: another value would break a promise.
constexpr Refusal kOurs[] = {
    {"acks", "every output waits for all replicas"},
    {"allow.auto.create.topics", "topics are made by 'create' in the sink"},
    {"auto.offset.reset", "'start' in the source says where a job begins"},
    {"bootstrap.servers", "brokers stand in 'bootstrap_servers' of the server file"},
    {"enable.auto.commit", "offsets are committed with the outputs they led to"},
    {"enable.auto.offset.store", "offsets are committed with the outputs they led to"},
    {"enable.idempotence", "it is always on, or retries would repeat outputs"},
    {"enable.partition.eof", "the daemon needs it to know when a partition is idle"},
    {"group.id", "it is velostream.<job>, so that no two jobs share positions"},
    {"group.instance.id", "'instance' in the server file sets it"},
    {"group.protocol", "the daemon deals partitions to its workers itself"},
    {"isolation.level", "only committed records are read"},
    {"max.in.flight", "more than five would reorder outputs on retry"},
    {"max.in.flight.requests.per.connection", "more than five would reorder outputs on retry"},
    {"metadata.broker.list", "brokers stand in 'bootstrap_servers' of the server file"},
    {"partition.assignment.strategy", "the daemon deals partitions to its workers itself"},
    {"partitioner", "it is murmur2_random, as Java clients partition"},
    {"request.required.acks", "every output waits for all replicas"},
    {"statistics.interval.ms", "the metrics are made from it"},
    {"transactional.id", "it is velostream.<job>, so that a restart fences its predecessor"},
};

// What could load code, run it, reach other hosts, or print passwords.
constexpr Refusal kDangerous[] = {
    {"debug", "it writes passwords to the log"},
    {"plugin.library.paths", "it loads code into the daemon"},
    {"sasl.kerberos.kinit.cmd", "it runs a shell command"},
    {"sasl.oauthbearer.config", "it can send requests to any host"},
    {"sasl.oauthbearer.token.endpoint.url", "it can send requests to any host"},
    {"ssl.engine.id", "it loads code into the daemon"},
    {"ssl.engine.location", "it loads code into the daemon"},
    {"ssl.providers", "it loads code into the daemon"},
};

// Names of the Java client, and what to write instead.
constexpr Refusal kJava[] = {
    {"buffer.memory", "write queue.buffering.max.kbytes"},
    {"fetch.max.wait.ms", "write fetch.wait.max.ms"},
    {"interceptor.classes", "leave it out"},
    {"key.deserializer", "write 'format' in the source"},
    {"key.serializer", "write 'format' in the sink"},
    {"max.block.ms", "leave it out: the daemon never blocks"},
    {"max.poll.records", "write execution: {batch: {records: …}}"},
    {"max.request.size", "write message.max.bytes"},
    {"receive.buffer.bytes", "write socket.receive.buffer.bytes"},
    {"sasl.client.callback.handler.class", "leave it out"},
    {"sasl.jaas.config", "write sasl.username and sasl.password"},
    {"sasl.login.callback.handler.class", "leave it out"},
    {"schema.registry.url", "it is no property of the Kafka client"},
    {"send.buffer.bytes", "write socket.send.buffer.bytes"},
    {"ssl.keystore.type", "leave it out: a keystore is PKCS#12"},
    {"ssl.truststore.location", "write ssl.ca.location, a PEM file"},
    {"ssl.truststore.password", "leave it out: ssl.ca.location is a PEM file without a password"},
    {"ssl.truststore.type", "leave it out: ssl.ca.location is a PEM file"},
    {"value.deserializer", "write 'format' in the source"},
    {"value.serializer", "write 'format' in the sink"},
};

bool is_in(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

const Refusal* find_in(std::span<const Refusal> refusals, std::string_view name) {
    const auto found = std::ranges::find(refusals, name, &Refusal::name);
    return found == refusals.end() ? nullptr : &*found;
}

// Why `name` is not accepted.
std::string refusal_text(std::string_view name, PropertyScope scope) {
    if (const Refusal* ours = find_in(kOurs, name))
        return fmt::format("Kafka property '{}' is not yours to set; {}", name, ours->reason);
    if (const Refusal* bad = find_in(kDangerous, name))
        return fmt::format("Kafka property '{}' is never accepted; {}", name, bad->reason);
    if (const Refusal* java = find_in(kJava, name))
        return fmt::format("'{}' is a name of the Java client; {}", name, java->reason);
    if (is_in(kSecurity, name) || is_in(kSecrets, name)) {
        return fmt::format(
            "Kafka property '{}' does not belong into a job; write it in 'kafka' of the server "
            "file",
            name);
    }
    std::vector<std::string_view> known(std::begin(kTuning), std::end(kTuning));
    if (scope == PropertyScope::Server) {
        known.insert(known.end(), std::begin(kSecurity), std::end(kSecurity));
        known.insert(known.end(), std::begin(kSecrets), std::end(kSecrets));
    }
    const std::string hint = did_you_mean(name, known);
    return fmt::format(
        "unknown Kafka property '{}'{}", name,
        hint.empty() ? "; the accepted ones are listed in docs/configuration.md" : hint);
}

// What there is to write: the names are a table here, not keys that somebody asks for.
void record_properties(Section& section, PropertyScope scope) {
    std::string ignored;
    for (const std::string_view name : kTuning) section.text(name, ignored, Variables::FilledIn);
    if (scope == PropertyScope::Job) return;
    for (const std::string_view name : kSecurity) section.text(name, ignored, Variables::FilledIn);
    for (const std::string_view name : kSecrets)
        static_cast<void>(read_secret_source(*section.find(name)));
}

}  // namespace

std::vector<KafkaProperty> read_kafka_properties(const Value& value, PropertyScope scope) {
    std::vector<KafkaProperty> properties;
    Section section = value.section("properties");
    if (value.is_recorded()) {
        record_properties(section, scope);
        return properties;
    }
    for (const auto& [name, each] : section.all()) {
        const bool server = scope == PropertyScope::Server;
        if (server && is_in(kSecrets, name.value)) {
            if (auto secret = read_secret_source(each))
                properties.push_back({name.value, std::move(*secret), each.place()});
        } else if (is_in(kTuning, name.value) || (server && is_in(kSecurity, name.value))) {
            if (auto text = each.text(Variables::FilledIn))
                properties.push_back({name.value, std::move(*text), each.place()});
        } else {
            section.reading().mistakes.push_back({name.place, refusal_text(name.value, scope)});
        }
    }
    section.finish();
    return properties;
}

}  // namespace velo::config
