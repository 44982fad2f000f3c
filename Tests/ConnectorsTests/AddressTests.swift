import Connectors
import Testing

@Suite("addresses and host names")
struct AddressTests {
    @Test(
        "a spelling that a resolver would take for an address is not a host name",
        arguments: [
            "2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.01", "0x7f.0.0.1",
            "1.2.3.0x4", "017700000001", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "0x",
        ])
    func trickIsRefused(_ text: String) {
        #expect(HostName(text) == nil)
    }

    @Test(
        "what is not a host name is refused",
        arguments: [
            "", ".", "a..b", "-a.example", "a-.example", "a b", "a/b", "a@b", "ex\u{e4}mple", "[1.2.3.4]", "[::1",
            "::1%eth0", "a\r\nb",
        ])
    func malformedNameIsRefused(_ text: String) {
        #expect(HostName(text) == nil)
    }

    @Test("names and addresses are read in one canonical form")
    func canonicalForm() {
        #expect(HostName("ERP.Example.COM.")?.text == "erp.example.com")
        #expect(HostName("[0:0::1]")?.text == "::1")
        #expect(HostName("10.0.0.1")?.kind == .address(InternetAddress("10.0.0.1")!))
        #expect(HostName("sap_qa-1")?.text == "sap_qa-1")
        #expect(HostName("[::1]")?.bracketed == "[::1]")
    }

    @Test(
        "an address is of the class that the registries say",
        arguments: [
            ("8.8.8.8", AddressClass.public), ("10.1.2.3", .private), ("172.16.0.1", .private), ("172.32.0.1", .public),
            ("192.168.1.1", .private), ("127.0.0.1", .loopback), ("127.9.9.9", .loopback), ("169.254.1.1", .linkLocal),
            ("169.254.169.254", .metadata), ("169.254.170.2", .metadata), ("168.63.129.16", .metadata),
            ("100.100.100.200", .metadata), ("100.64.0.1", .sharedCarrier), ("100.128.0.1", .public),
            ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("224.0.0.1", .multicast),
            ("255.255.255.255", .reserved),
            ("192.0.2.1", .reserved), ("198.18.0.1", .reserved), ("2606:4700::1", .public), ("::", .unspecified),
            ("::1", .loopback), ("fe80::1", .linkLocal), ("fc00::1", .private), ("fd00:ec2::254", .metadata),
            ("fec0::1", .private), ("ff02::1", .multicast), ("2001:db8::1", .reserved), ("2001::1", .reserved),
            ("100::1", .reserved), ("4000::1", .reserved),
            // Addresses that carry another one are judged by it.
            ("::ffff:127.0.0.1", .loopback), ("::ffff:169.254.169.254", .metadata), ("::ffff:8.8.8.8", .public),
            ("64:ff9b::10.0.0.1", .private), ("64:ff9b::a9fe:a9fe", .metadata), ("2002:7f00:1::", .loopback),
            ("2002:a9fe:a9fe::1", .metadata), ("::127.0.0.1", .loopback), ("::ffff:0:10.0.0.1", .private),
        ])
    func classes(_ text: String, _ expected: AddressClass) throws {
        #expect(AddressClass(try #require(InternetAddress(text))) == expected)
    }

    @Test(
        "an address that hides something is refused",
        arguments: [
            "ftp://example.com/", "//example.com/", "http://user:secret@example.com/", "http://2130706433/",
            "http://example.com:0/", "http://example.com:99999/", "http://example.com:+80/", "http:///path",
            "http://[::1/", "http://[::1]x/", "http://a b/", "http://example.com/{id}", "javascript:alert(1)",
        ])
    func malformedAddress(_ text: String) {
        #expect(throws: WebAddress.SyntaxError.self) { try WebAddress(text) }
    }

    @Test("an address keeps its path and query and encodes what may not be in them")
    func webAddress() throws {
        let address = try WebAddress("HTTPS://Erp.Example.com/a b/\u{e9}?q=%20x&r=1#part")
        #expect(address.target == "/a%20b/%C3%A9?q=%20x&r=1")
        #expect(address.authority == "erp.example.com")
        #expect(address.port == 443)
        #expect(try WebAddress("http://h:8080").description == "http://h:8080/")
        #expect(try WebAddress("http://h?x=1").target == "/?x=1")
        let base = try WebAddress("http://h:8080/api/")
        #expect(base.appending(path: "/orders", query: [("a&b", "c d")]).target == "/api/orders?a%26b=c%20d")
        #expect(base.resolving(location: "/other")?.description == "http://h:8080/other")
        #expect(base.resolving(location: "https://x/y")?.description == "https://x/y")
        #expect(base.resolving(location: "ftp://x/y") == nil)
    }
}
