/**
 * HTML pages of one file each, without network and readable without script: {@link dynafilter.report.page.RunPage} of a run and
 * {@link dynafilter.report.page.ComparisonPage} of a comparison. {@link dynafilter.report.page.Html} writes escaped text only;
 * charts are SVG made here, figures come from {@code report.figure}. Tests open the pages in Chromium: colours have to be told
 * apart in light and dark, and everything a pointer shows the keyboard shows, too.
 */
@NullMarked
package dynafilter.report.page;

import org.jspecify.annotations.NullMarked;
