// The admin pages: each makes its answer from the view alone. One file per page (or family of
// pages); `pages()` is the table of all of them.
#pragma once

#include <span>
#include <string_view>

#include "admin/http_message.h"
#include "gateway/server/view.h"

namespace tidegate::admin {

using gateway::server::View;

struct Page {
  std::string_view path;
  std::string_view summary;  // plain text, for the index
  Response (*make)(const View& view);
};

/// In the order the index shows them.
std::span<const Page> pages();

Response index_page(const View& view);
Response livez_page(const View& view);
Response readyz_page(const View& view);
Response healthz_page(const View& view);
Response metrics_page(const View& view);
Response listeners_page(const View& view);
Response clusters_page(const View& view);
Response config_page(const View& view);

}  // namespace tidegate::admin
