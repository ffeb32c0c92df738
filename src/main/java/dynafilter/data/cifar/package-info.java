/**
 * CIFAR's binary files. {@link dynafilter.data.cifar.Cifar10} and {@link dynafilter.data.cifar.Cifar100} read a folder,
 * {@link dynafilter.data.cifar.CifarDownload} fetches the official CIFAR-10 and checks it. Addresses and hashes are those of
 * the official files: they change only when these do. A file may have any number of whole records, so that tests and people
 * can make small ones. {@code dynafilter.data.source} finds out which folder is meant to be one of these.
 */
@NullMarked
package dynafilter.data.cifar;

import org.jspecify.annotations.NullMarked;
