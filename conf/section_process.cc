// The sections about the process itself: workers, admin, demo, log, drain.
#include "conf/fields.h"
#include "conf/nested_fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr std::array<std::string_view, 2> kAcceptModes{"dedicated", "per_worker"};
constexpr std::array<std::string_view, 4> kLevels{"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 2> kStandardStreams{"stderr", "stdout"};

constexpr Key<Workers> kAccept{
    {.name = "accept",
     .kind = Kind::choice,
     .meaning =
         "`dedicated`: acceptor threads place each connection on the worker with the fewest; "
         "`per_worker`: every worker accepts for itself (SO_REUSEPORT)",
     .words = kAcceptModes,
     .fallback = "`dedicated` with two or more workers, else `per_worker`"},
    [](Reader& reader, const Node& node, const KeyInfo& info, Workers& out) {
      const auto index = read_choice(reader, node, info);
      if (index) out.accept = static_cast<AcceptMode>(*index);
    },
    [](const DumpScope&, const Workers& from) {
      return from.accept ? Value::word(kAcceptModes[static_cast<std::size_t>(*from.accept)])
                         : Value();
    }};

constexpr std::array kWorkersRows{
    integer_or<&Workers::count, kAuto>(
        "count", 256, "worker threads; `auto` is one for each core this process may use"),
    boolean<&Workers::pin>("pin", "bind each worker to a core of its own"), kAccept,
    integer<&Workers::acceptors>("acceptors", 1, 64,
                                 "acceptor threads when `accept` is `dedicated`")};

// The one row of `admin` and `demo`: an address this process listens on.
template <typename T>
constexpr Key<T> own_address(std::string_view meaning) {
  return {{.name = "address", .kind = Kind::address, .meaning = meaning, .required = true},
          [](Reader& reader, const Node& node, const KeyInfo&, T& out) {
            out.address = read_address(reader, node, true);
            if (out.address) take_addresses(reader, node, {*out.address});
          },
          [](const DumpScope&, const T& from) {
            return from.address ? Value::text(from.address->to_string()) : Value();
          }};
}

constexpr std::array kAdminRows{
    own_address<Admin>("where the API, metrics and health are served; keep it private")};
constexpr std::array kDemoRows{own_address<Demo>("where the demo origin listens")};

constexpr std::array kLogRows{
    file_or<&Log::path, kStandardStreams>(
        "path",
        "where the process's own log goes; in a file's path %Y, %m, %d and the like are the "
        "date (UTC), %% is a %"),
    choice_of_text<&Log::level, kLevels>("level", "the least severe line that is written")};

constexpr std::array kDrainRows{
    duration<&Drain::lame_duck>("lame_duck",
                                "how long to be not ready and still accept; 0s skips it", 0),
    duration<&Drain::deadline>("deadline", "how long after that until what is left is cut", 0)};

}  // namespace

const Section<Workers> kWorkers{
    {"workers", "The threads that do the work.", describe_section<Workers>}, kWorkersRows};
const Section<Admin> kAdmin{{"admin", "The endpoint for operators.", describe_section<Admin>},
                            kAdminRows};
const Section<Demo> kDemo{
    {"demo", "A small origin inside the process, to have something to proxy to.",
     describe_section<Demo>},
    kDemoRows};
const Section<Log> kLog{{"log", "The process's own log.", describe_section<Log>}, kLogRows};
const Section<Drain> kDrain{{"drain", "How the process stops.", describe_section<Drain>},
                            kDrainRows};

}  // namespace tidegate::conf
