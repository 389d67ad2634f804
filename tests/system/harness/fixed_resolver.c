/*
 * NAME
 *   fixed_resolver - the C library's resolver, asking one server on one port
 *
 * DESCRIPTION
 *   opendkim-testmsg has no option for a name server and resolv.conf(5) has none for a port. Loaded
 *   with LD_PRELOAD, this replaces the initialization that libopendkim calls: afterwards queries go
 *   to 127.0.0.1 and the port in DNS_PORT, over real DNS.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

static void ask_only_ours(res_state state) {
  const char* port = getenv("DNS_PORT");
  struct sockaddr_in server;
  memset(&server, 0, sizeof server);
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons((unsigned short)atoi(port ? port : "53"));
  state->nscount = 1;
  state->nsaddr_list[0] = server;
  state->options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
}

/* resolv.h makes macros of these names; the symbols are what libopendkim is bound to. */
#undef res_ninit
#undef res_init
int __res_ninit(res_state state) {
  int (*real)(res_state) = (int (*)(res_state))dlsym(RTLD_NEXT, "__res_ninit");
  int result = real(state);
  ask_only_ours(state);
  return result;
}

int __res_init(void) {
  int (*real)(void) = (int (*)(void))dlsym(RTLD_NEXT, "__res_init");
  int result = real();
  ask_only_ours(&_res);
  return result;
}
