import Foundation
import Testing

/// The tenant files as their author sees them: through the program, against a database.
@Suite("Tenant files with mistakes", .serialized, .timeLimit(.minutes(10)))
struct TenantFileTests {
    @Test("every mistake of every file is named with its place, and nothing at all is changed")
    func mistakes() async throws {
        let folder = Workspace()
        folder.write(
            "Tenants/acme/partner.yaml",
            """
            slug: acme
            name: Acme
            colour: red
            brand: { productNme: Acme Flow }
            hostNames: ['https://acme.example', acme.example, ACME.example]
            clientPrices: { name: Standard, currency: EUR }
            principals:
              - { name: Ada, email: ada@acme.example, roles: [partner-admin] }
              - { name: Eve, email: nobody, roles: [king, supervisor] }
            """)
        folder.write("Tenants/acme/works/client.yaml", "slug: Not A Slug\nname: Works\ncurrency: XXL\n")
        folder.write(
            "Tenants/acme/works/a.yaml",
            """
            slug: north
            name: North
            timeZone: Mars/Olympus
            egress:
              - { host: '*.com', port: 0 }
            processes: { allow: [perl], wallSeconds: 301 }
            connections:
              - { name: cmms, connector: no-such-connector }
              - { name: erp, connector: stand-in-cmms, configuration: { baseAdress: 'http://x' } }
            workflows:
              - { name: One, template: no-such-template }
              - { name: Two, template: maintenance-triage, version: '9.9.9' }
              - name: Three
                template: maintenance-triage
                parameters: { approvalThreshold: lots }
                bindings: { work-orders: nothing, colour: erp }
            """)
        folder.write("Tenants/acme/works/b.yaml", "slug: north\nname: Twin\ntimeZone: UTC\n")
        folder.write("Tenants/acme/works/c.yaml", "slug: [\n")
        folder.write("Tenants/acme/works/d.yaml", bytes: [0x73, 0x3A, 0x20, 0xC3, 0x28, 0x0A])
        folder.write("Tenants/acme/works/e.yaml", String(repeating: "- ", count: 10_000) + "x\n")
        let result = try await folder.millwright(["apply", "--tenants", folder.path + "/Tenants"])
        #expect(result.status == 2, "\(result)")
        for expected in [
            "partner.yaml:3:1: there is no field “colour” here", "partner.yaml:4:10: Is not a field of a brand.",
            "partner.yaml:5:13: Must be a host name", "partner.yaml:5:51: “acme.example” is there more than once",
            "partner.yaml:6:", "partner.yaml:9:18: Is not an e-mail address.",
            "partner.yaml:9:41: there is no role “king”", "partner.yaml:9:47: ",
            "client.yaml:1:1: Must be 1 to 63 characters", "client.yaml:3:1: Is not a currency.",
            "a.yaml:5:7: Must name at least two labels",
            "a.yaml:5:22: Must be from 1 to 65535.",
            "a.yaml:6:22: Is not a language for processes", "a.yaml:6:29: Must be from 1 to 300.",
            "a.yaml:8:19: There is no connector “no-such-connector”",
            "a.yaml:9:", "a.yaml:15:19: ",
            "a.yaml:16:39: The workflow does not use “colour”", "b.yaml:1:1: the plant “north” is there already",
            "c.yaml:",
            "d.yaml:1:4: the file is not UTF-8", "e.yaml:",
        ] {
            #expect(result.error.contains(expected), "missing: \(expected)\n\(result.error)")
        }
        // What only the database knows is found before anything is done as well.
        folder.remove("Tenants")
        folder.write("Tenants/acme/partner.yaml", "slug: acme\nname: Acme\n")
        folder.write("Tenants/acme/works/client.yaml", "slug: works\nname: Works\n")
        folder.write(
            "Tenants/acme/works/a.yaml",
            """
            slug: north
            name: North
            timeZone: Mars/Olympus
            connections:
              - name: cmms
                connector: stand-in-cmms
                configuration: { baseAddress: 'http://x' }
                credential: { kind: api-key, environment: MILLWRIGHT_NEVER_SET }
            workflows:
              - { name: One, template: no-such-template }
              - { name: Two, template: maintenance-triage, version: '9.9.9' }
              - { name: Three, template: production-incident, bindings: { work-orders: nothing, messages: cmms } }
            """)
        let online = try await folder.millwright(["apply", "--tenants", folder.path + "/Tenants"])
        #expect(online.status == 2, "\(online)")
        for expected in [
            "a.yaml:3:1: Is not a time zone.", "a.yaml:8:34: the environment variable MILLWRIGHT_NEVER_SET is not set",
            "a.yaml:10:18: there is no template “no-such-template”",
            "a.yaml:11:18: there is no template “maintenance-triage” of this version",
            "a.yaml:12:63: the plant has no connection “nothing”",
        ] {
            #expect(online.error.contains(expected), "missing: \(expected)\n\(online.error)")
        }
        // The same files without mistakes: all is still to be done.
        folder.remove("Tenants")
        folder.write("Tenants/acme/partner.yaml", "slug: acme\nname: Acme\n")
        let plan = try await folder.millwright(["apply", "--plan", "--tenants", folder.path + "/Tenants"])
        #expect(plan.output.contains("+ partner acme"), "\(plan)")
        #expect(plan.status == 0)
        let first = try await folder.millwright(["apply", "--tenants", folder.path + "/Tenants"])
        #expect(first.output.contains("+ partner acme"), "\(first)")
        let second = try await folder.millwright(["apply", "--tenants", folder.path + "/Tenants"])
        #expect(second.output.contains("Nothing to do"), "\(second)")
    }
}
