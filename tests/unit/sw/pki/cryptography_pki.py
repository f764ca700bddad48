"""What python3-cryptography makes and reads of certificates, for cryptography_test.cc.

usage: cryptography_pki.py make DIR     a chain, CRLs, OCSP answers and containers as files of DIR
       cryptography_pki.py read DIR     ends with 0 when the requests and containers in DIR are good
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AttributeOID, AuthorityInformationAccessOID, NameOID

NOW = datetime.datetime.utcfromtimestamp(1_800_000_000)
DAY = datetime.timedelta(days=1)
PASSPHRASE = b"correct horse"
KEYS = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}


def hash_of(key):
    edwards = isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    return None if edwards else hashes.SHA256()


def name_of(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ex, ample"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def certificate(subject: str, key, issuer: str, issuer_key, ca: bool) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(name_of(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if ca:
        return builder.sign(issuer_key, hash_of(issuer_key))
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca/crl")], None, None, None)
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ca/ocsp"))
    names = [
        x509.DNSName("gw.example.com"),
        x509.RFC822Name("gw@example.com"),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ]
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hash_of(issuer_key))


def crl(issuer: str, key, revoked: list[int]) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(name_of(issuer))
    builder = builder.last_update(NOW - DAY).next_update(NOW + DAY)
    for serial in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY)
        builder = builder.add_revoked_certificate(
            one.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build()
        )
    builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    return builder.sign(key, hash_of(key)).public_bytes(serialization.Encoding.DER)


def answer(leaf, ca, key, status) -> bytes:
    revoked = status == ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf,
        issuer=ca,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=NOW - DAY,
        next_update=NOW + DAY,
        revocation_time=NOW - DAY if revoked else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ca)
    return builder.sign(key, hash_of(key)).public_bytes(serialization.Encoding.DER)


def make(folder: pathlib.Path) -> None:
    der = serialization.Encoding.DER
    for kind, new_key in KEYS.items():
        root_key, leaf_key = new_key(), new_key()
        root = certificate("root " + kind, root_key, "root " + kind, root_key, True)
        leaf = certificate("gw", leaf_key, "root " + kind, root_key, False)
        sealed = serialization.BestAvailableEncryption(PASSPHRASE)
        files = {
            "root": root.public_bytes(der),
            "leaf": leaf.public_bytes(der),
            "crl_good": crl("root " + kind, root_key, [5]),
            "crl_revoked": crl("root " + kind, root_key, [5, leaf.serial_number]),
            "ocsp_good": answer(leaf, root, root_key, ocsp.OCSPCertStatus.GOOD),
            "ocsp_revoked": answer(leaf, root, root_key, ocsp.OCSPCertStatus.REVOKED),
            "key": leaf_key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
            "p12": pkcs12.serialize_key_and_certificates(b"gw", leaf_key, leaf, [root], sealed),
            "pem": leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed),
        }
        for name, content in files.items():
            (folder / f"{kind}.{name}").write_bytes(content)


def check_names(extensions) -> None:
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gw.example.com"]
    assert names.get_values_for_type(x509.RFC822Name) == ["gw@example.com"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("192.0.2.1")]
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and not usage.value.key_cert_sign


def read(folder: pathlib.Path) -> None:
    for kind in KEYS:
        request = x509.load_der_x509_csr((folder / f"{kind}.csr").read_bytes())
        assert request.is_signature_valid
        assert request.subject == name_of("gw"), request.subject
        assert request.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD) == b"let me in"
        check_names(request.extensions)
        own = x509.load_der_x509_certificate((folder / f"{kind}.own").read_bytes())
        assert own.subject == own.issuer == name_of("gw") and own.serial_number > 0
        assert own.not_valid_before == NOW and own.not_valid_after == NOW + 10 * DAY
        check_names(own.extensions)
        public = own.public_key().public_numbers() if kind[0] in "rp" else None
        key, first, others = pkcs12.load_key_and_certificates((folder / f"{kind}.p12made").read_bytes(), PASSPHRASE)
        assert first == own and not others
        pem = serialization.load_pem_private_key((folder / f"{kind}.pemmade").read_bytes(), PASSPHRASE)
        if public is not None:
            assert key.public_key().public_numbers() == public == pem.public_key().public_numbers()
        wanted = ocsp.load_der_ocsp_request((folder / f"{kind}.ocsprequest").read_bytes())
        leaf = x509.load_der_x509_certificate((folder / f"{kind}.leaf").read_bytes())
        assert wanted.serial_number == leaf.serial_number and isinstance(wanted.hash_algorithm, hashes.SHA1)


def main() -> int:
    {"make": make, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
