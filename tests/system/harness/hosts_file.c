/*
 * NAME
 *   hosts_file - a resolver whose answers a test can change while a program runs
 *
 * DESCRIPTION
 *   Loaded with LD_PRELOAD: getaddrinfo(3) looks a name up in the file that HOSTS_FILE names, lines
 *   of "name address address …"; a name without an address cannot be looked up for now, and "name
 *   sleep" takes half a minute to say so, after making the file HOSTS_FILE.asleep. Names that are
 *   not in the file go to the real function.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*resolver)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

static void fall_asleep(const char* path) {
  char mark[512];
  snprintf(mark, sizeof mark, "%s.asleep", path);
  FILE* file = fopen(mark, "w");
  if (file)
    fclose(file);
  sleep(30);
}

static int listed(resolver real, char* rest, const char* service, const struct addrinfo* hints,
                  struct addrinfo** found) {
  struct addrinfo** end = found;
  int result = EAI_AGAIN;
  *found = NULL;
  for (char* one = strtok(rest, " \n"); one; one = strtok(NULL, " \n")) {
    if (strcmp(one, "sleep") == 0) {
      fall_asleep(getenv("HOSTS_FILE"));
      return EAI_AGAIN;
    }
    result = real(one, service, hints, end);
    if (result != 0)
      return result;
    while (*end)
      end = &(*end)->ai_next;
  }
  return result;
}

int getaddrinfo(const char* name, const char* service, const struct addrinfo* hints,
                struct addrinfo** found) {
  resolver real = (resolver)dlsym(RTLD_NEXT, "getaddrinfo");
  const char* path = getenv("HOSTS_FILE");
  FILE* file = name && path ? fopen(path, "r") : NULL;
  char line[512];
  while (file && fgets(line, sizeof line, file)) {
    const size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || strchr(" \n", line[length]) == NULL)
      continue;
    fclose(file);
    return listed(real, line + length, service, hints, found);
  }
  if (file)
    fclose(file);
  return real(name, service, hints, found);
}
