/**
 * Word vectors for labels, out of files in the text format of word2vec and GloVe.
 * {@link dynafilter.data.words.WordVectors} is the entry: it looks up the names of classes, and the mean of their words where
 * a name has none. Files are large, so lines are read once and numbers parsed only where their word was asked for. How a name
 * is divided into words decides the first embeddings of a run, and must not change. The vectors become embeddings in
 * {@code dynafilter.model}.
 */
@NullMarked
package dynafilter.data.words;

import org.jspecify.annotations.NullMarked;
