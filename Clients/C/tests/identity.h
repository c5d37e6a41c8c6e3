/* Keys and certificates that a test makes for itself. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

/*
 * A new key with a certificate, signed by the issuer (NULL is itself, an authority), valid from days ago to days from
 * now, with alternative names such as "DNS:cutover.test,IP:127.0.0.1" (NULL is none).
 */
struct identity identity_make(const char *name, const struct identity *issuer, const char *alternative, int from,
                              int to);
void identity_free(struct identity *identity);

/* Writes PEM files into the test's folder; the path that is returned is the caller's. A key with a password is
 * encrypted. */
char *identity_write_certificate(const char *name, const struct identity *identity);
char *identity_write_key(const char *name, const struct identity *identity, const char *password);

#endif
