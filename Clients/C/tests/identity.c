#define _GNU_SOURCE 1

#include "identity.h"

#include "check.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

struct identity identity_make(const char *name, const struct identity *issuer, const char *alternative, int from,
                              int to) {
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    CHECK(made.key != NULL && made.certificate != NULL);
    static long serial;
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    X509_set_version(made.certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), from * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), to * 86400L);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509 *above = issuer == NULL ? made.certificate : issuer->certificate;
    X509_set_issuer_name(made.certificate, X509_get_subject_name(above));
    add_extension(made.certificate, above, NID_basic_constraints,
                  issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (alternative != NULL) add_extension(made.certificate, above, NID_subject_alt_name, alternative);
    CHECK(X509_sign(made.certificate, issuer == NULL ? made.key : issuer->key, EVP_sha256()) > 0);
    return made;
}

char *identity_write_certificate(const char *name, const struct identity *identity) {
    char *path = strdup(test_path(name));
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && PEM_write_X509(file, identity->certificate) == 1);
    fclose(file);
    return path;
}

char *identity_write_key(const char *name, const struct identity *identity, const char *password) {
    char *path = strdup(test_path(name));
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fchmod(fileno(file), 0600) == 0);
    const EVP_CIPHER *cipher = password == NULL ? NULL : EVP_aes_128_cbc();
    int length = password == NULL ? 0 : (int)strlen(password);
    CHECK(PEM_write_PKCS8PrivateKey(file, identity->key, cipher, password, length, NULL, NULL) == 1);
    fclose(file);
    return path;
}

void identity_free(struct identity *identity) {
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}
