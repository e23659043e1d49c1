#include "reactor/server.h"

#include <algorithm>

namespace tidegate::reactor {

std::vector<Poller*> Where::all_of(PollerGroup& group) {
  std::vector<Poller*> pollers;
  for (std::size_t i = 0; i < group.size(); ++i) pollers.push_back(&group[i]);
  return pollers;
}

ServerCore::ServerCore(Where where, ConnectionMaker make, ServerOptions options)
    : where_(std::move(where)), make_(std::move(make)) {
  TG_CHECK(!where_.accepting_.empty() && !where_.serving_.empty());  // the groups are opened first
  for (Poller* poller : where_.serving_) {
    lists_.push_back(std::make_unique<ConnectionList>(*poller, make_, options.max_per_poller));
  }
}

std::vector<Pipeline::Lane> ServerCore::lanes(const Poller& accepting, std::size_t doors) const {
  std::vector<Pipeline::Lane> all;
  for (const auto& list : lists_) {
    // Where as many doors are open as there are pollers, the kernel has spread them already.
    const bool own = &list->poller() == &accepting;
    if (own && where_.stay_ && doors > 1) return {{&list->poller(), list.get()}};
    all.push_back({&list->poller(), list.get()});
  }
  return all;
}

base::Status ServerCore::open_door(Poller& at, std::size_t doors, const base::Address& address,
                                   const ListenOptions& options) {
  auto door = std::make_unique<Door>(at, lanes(at, doors), where_.how_);
  if (auto opened = door->acceptor.open(address, options); !opened) return opened;
  doors_.push_back(std::move(door));
  return {};
}

base::Status ServerCore::listen(const base::Address& address, const ListenOptions& options) {
  // Only IP sockets can share an address.
  const std::size_t count = address.is_ip() ? where_.accepting_.size() : 1;
  ListenOptions shared = options;
  shared.reuse_port = options.reuse_port || count > 1;
  const std::size_t before = doors_.size();
  base::Address bound = address;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto opened = open_door(*where_.accepting_[i], count, bound, shared); !opened) {
      doors_.resize(before);
      return opened;
    }
    // Where port 0 was asked for, the others join the one that the first got.
    bound = doors_.back()->acceptor.local_address();
  }
  bound_.push_back(bound);
  return {};
}

void ServerCore::close() {
  for (const auto& door : doors_) {
    door->poller.post([d = door.get()] { d->acceptor.close(true); });
  }
  // What is accepted last arrives after this, and is told then.
  for (const auto& list : lists_) {
    list->poller().post([l = list.get()] { l->shut_down(); });
  }
}

std::uint64_t ServerCore::live() const {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list->stats().live.get();
  return sum;
}

std::uint64_t ServerCore::opened() const {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list->stats().opened.get();
  return sum;
}

std::uint64_t ServerCore::refused() const {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list->stats().refused.get();
  return sum;
}

std::uint64_t ServerCore::ended(EndReason why) const {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list->stats().ended[static_cast<std::size_t>(why)].get();
  return sum;
}

}  // namespace tidegate::reactor
