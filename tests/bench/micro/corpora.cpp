// NAME
//   corpora - the bodies and the message that the measurements are made with
#include "corpora.hpp"

#include <cstddef>
#include <functional>
#include <random>

namespace bench {
namespace {

constexpr std::size_t corpus_size = 4u << 20;
constexpr std::size_t usual_body = 3600;

std::size_t any(std::size_t below) {
  static std::mt19937 generator(20240229); // here, for this is called before main()
  return generator() % below;
}

std::string word() {
  std::string w(1 + any(9), 'x');
  for (char& c : w) {
    c = static_cast<char>('a' + any(26));
  }
  return w;
}

std::string grown(const std::function<std::string()>& line) {
  std::string text;
  while (text.size() < corpus_size) {
    text += line();
  }
  text.resize(corpus_size);
  return text;
}

std::string repeated(const char* unit) {
  return grown([unit] { return std::string(unit); });
}

std::string base64_line() {
  std::string line(76, 'A');
  for (char& c : line) {
    c = static_cast<char>('A' + any(26));
  }
  return line + "\r\n";
}

std::string text_line() {
  std::string line = word();
  while (line.size() < 66) {
    line += any(40) == 0 ? "  " : " ";
    line += word();
  }
  return line + (any(25) == 0 ? "\r\n\r\n" : "\r\n");
}

std::string html_line() {
  return std::string(2 * any(12), ' ') + "<td class=\"" + word() + "\">" + word() + "</td>\r\n";
}

std::string quoted_printable_line() {
  std::string line;
  while (line.size() < 70) {
    line += any(4) == 0 ? "=C3=A4" : word();
    line += any(6) == 0 ? " " : "";
  }
  return line + "=\r\n";
}

std::string table_line() {
  return word() + "\t" + word() + "\t" + word() + "\r\n";
}

} // namespace

const std::vector<corpus>& corpora() {
  static const std::vector<corpus> all = {
      {"base64, 76 columns", grown(base64_line)},
      {"plain text", grown(text_line)},
      {"quoted-printable", grown(quoted_printable_line)},
      {"indented HTML", grown(html_line)},
      {"TAB separated", grown(table_line)},
      {"all SP", repeated(" ")},
      {"SP SP SP SP CRLF", repeated("    \r\n")},
      {"all CRLF", repeated("\r\n")},
      {"a SP SP", repeated("a  ")},
      {"a CRLF", repeated("a\r\n")},
      {"a SP CRLF", repeated("a \r\n")},
      {"CRLF CRLF a", repeated("\r\n\r\na")},
      {"a CR", repeated("a\r")},
  };
  return all;
}

std::string usual_message() {
  std::string message = "Received: from client.example (client.example [192.0.2.7])\r\n"
                        "\tby mail.bench.example (Postfix) with ESMTPS id 4XyZ1234Abcd\r\n"
                        "\tfor <bob@rcpt.example>; Thu, 29 Feb 2024 12:00:00 +0000 (UTC)\r\n"
                        "Date: Thu, 29 Feb 2024 12:00:00 +0000\r\n"
                        "From: Alice of the Bench <alice@bench.example>\r\n"
                        "To: Bob <bob@rcpt.example>, \"Carol, too\" <carol@rcpt.example>\r\n"
                        "Subject: What a signed message costs\r\n"
                        "Message-ID: <20240229120000.1@bench.example>\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=us-ascii\r\n"
                        "\r\n";
  const auto end = message.size() + usual_body;
  while (message.size() < end) {
    message += text_line();
  }
  return message;
}

} // namespace bench
