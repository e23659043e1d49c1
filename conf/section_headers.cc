#include "conf/fields.h"
#include "conf/http_text.h"
#include "conf/secrets.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

template <auto Member, HostField Host>
constexpr Key<HeaderChanges> header_map(std::string_view name, std::string_view meaning) {
  return {{.name = name, .kind = Kind::header_map, .meaning = meaning},
          [](Reader& reader, const Node& node, const KeyInfo&, HeaderChanges& out) {
            out.*Member = read_header_map(reader, node, Host);
          },
          [](const DumpScope&, const HeaderChanges& from) {
            Value map = Value::map();
            for (const HeaderChange& change : from.*Member) {
              const bool secret = carries_secret(change.name);
              map.add(change.name, Value::text(secret ? kHidden : std::string_view(change.value)));
            }
            return map;
          }};
}

constexpr Key<HeaderChanges> kRemove{
    {.name = "remove",
     .kind = Kind::header_names,
     .meaning = "every field of these names is removed",
     .fallback = "none"},
    [](Reader& reader, const Node& node, const KeyInfo&, HeaderChanges& out) {
      out.remove = read_header_names(reader, node);
    },
    [](const DumpScope&, const HeaderChanges& from) {
      return from.remove.empty() ? Value() : Value::texts(from.remove);
    }};

constexpr std::string_view kSetMeaning = "replaces every field of that name";
constexpr std::string_view kAddMeaning = "adds a field beside those of that name";

constexpr std::array kRequestRows{
    header_map<&HeaderChanges::set, HostField::allowed>("set", kSetMeaning),
    header_map<&HeaderChanges::add, HostField::refused>("add", kAddMeaning), kRemove};
constexpr std::array kResponseRows{
    header_map<&HeaderChanges::set, HostField::refused>("set", kSetMeaning),
    header_map<&HeaderChanges::add, HostField::refused>("add", kAddMeaning), kRemove};

}  // namespace

const Section<HeaderChanges> kRequestHeaders{
    {"request headers",
     "Changes to what is passed on. Headers that frame a message or end at this hop are refused; "
     "`host` may be set.",
     describe_section<HeaderChanges>},
    kRequestRows};
const Section<HeaderChanges> kResponseHeaders{
    {"response headers",
     "Changes to what is answered. Headers that frame a message or end at this hop are refused.",
     describe_section<HeaderChanges>},
    kResponseRows};

}  // namespace tidegate::conf
