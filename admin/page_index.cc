#include "admin/pages.h"

namespace tidegate::admin {

Response index_page(const View& view) {
  std::string body =
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>tidegate</title>"
      "</head>\n<body>\n<h1>tidegate ";
  body += escape_html(view.version);
  body += "</h1>\n<p>Phase: ";
  body += name(view.phase->load());
  body += "</p>\n<ul>\n";
  for (const Page& page : pages()) {
    body += "<li><a href=\"";
    body += page.path;
    body += "\">";
    body += page.path;
    body += "</a> &ndash; ";
    body += page.summary;
    body += "</li>\n";
  }
  body += "</ul>\n</body>\n</html>\n";
  return {200, "text/html; charset=utf-8", std::move(body)};
}

}  // namespace tidegate::admin
