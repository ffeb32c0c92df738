package dynafilter.serve;

import dynafilter.checkpoint.web.PageTemplate;
import dynafilter.io.JsonFile;
import dynafilter.report.figure.Colormap;
import java.util.Map;

/** The page of the server: a picture in, scores and response maps out. It knows nothing of the network before it has asked. */
final class ServePage {
    private final Reply reply;

    /** @param version the program's */
    ServePage(String version) {
        String script = PageTemplate.resource("web/view.js") + PageTemplate.resource("serve/page.js");
        String policy = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none';"
                + " form-action 'none'; frame-ancestors 'none'; connect-src 'self'; script-src "
                + PageTemplate.hash(script);
        String page = PageTemplate.filled(
                PageTemplate.resource("serve/page.html"),
                Map.of(
                        "generator",
                        PageTemplate.escaped("dynafilter " + version),
                        "style",
                        PageTemplate.style(),
                        "settings",
                        PageTemplate.data(JsonFile.line(Map.of("colours", Colormap.VIRIDIS.table()))),
                        "scripts",
                        PageTemplate.inline(script)));
        reply = Reply.text("text/html", page).with(Map.of("Content-Security-Policy", policy));
    }

    Reply reply() {
        return reply;
    }
}
