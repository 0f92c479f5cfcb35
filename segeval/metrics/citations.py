"""The papers that metrics come from, by the key that their cards give.

A key is an author and the year. Docs and docstrings quote the texts as they are; one that has a
DOI ends in it.
"""

CITATIONS = {
    "arabie1985": (
        "Hubert L, Arabie P. Comparing partitions. Journal of Classification 2, 193-218 (1985). "
        "doi:10.1007/BF01908075"
    ),
    "cardenes2009": (
        "Cárdenes R, de Luis-García R, Bach-Cuadra M. A multidimensional segmentation evaluation "
        "for medical image data. Computer Methods and Programs in Biomedicine 96(2), 108-124 "
        "(2009). doi:10.1016/j.cmpb.2009.04.009"
    ),
    "cheng2021": (
        "Cheng B, Girshick R, Dollár P, Berg AC, Kirillov A. Boundary IoU: improving "
        "object-centric image segmentation evaluation. CVPR (2021). "
        "doi:10.1109/CVPR46437.2021.01508"
    ),
    "cohen1960": (
        "Cohen J. A coefficient of agreement for nominal scales. Educational and Psychological "
        "Measurement 20(1), 37-46 (1960). doi:10.1177/001316446002000104"
    ),
    "cohen1968": (
        "Cohen J. Weighted kappa. Psychological Bulletin 70(4), 213-220 (1968). "
        "doi:10.1037/h0026256"
    ),
    "crum2006": (
        "Crum WR, Camara O, Hill DLG. Generalized overlap measures for evaluation and validation "
        "in medical image analysis. IEEE Transactions on Medical Imaging 25(11), 1451-1461 (2006). "
        "doi:10.1109/TMI.2006.880587"
    ),
    "dice1945": (
        "Dice LR. Measures of the amount of ecologic association between species. Ecology 26(3), "
        "297-302 (1945). doi:10.2307/1932409"
    ),
    "everingham2010": (
        "Everingham M, Van Gool L, Williams CKI, Winn J, Zisserman A. The PASCAL visual object "
        "classes challenge. International Journal of Computer Vision 88, 303-338 (2010). "
        "doi:10.1007/s11263-009-0275-4"
    ),
    "fowlkes1983": (
        "Fowlkes EB, Mallows CL. A method for comparing two hierarchical clusterings. Journal of "
        "the American Statistical Association 78(383), 553-569 (1983). "
        "doi:10.1080/01621459.1983.10478008"
    ),
    "gorodkin2004": (
        "Gorodkin J. Comparing two K-category assignments by a K-category correlation coefficient. "
        "Computational Biology and Chemistry 28(5-6), 367-374 (2004). "
        "doi:10.1016/j.compbiolchem.2004.09.006"
    ),
    "heimann2009": (
        "Heimann T, et al. Comparison and evaluation of methods for liver segmentation from CT "
        "datasets. IEEE Transactions on Medical Imaging 28(8), 1251-1265 (2009). "
        "doi:10.1109/TMI.2009.2013851"
    ),
    "huttenlocher1993": (
        "Huttenlocher DP, Klanderman GA, Rucklidge WJ. Comparing images using the Hausdorff "
        "distance. IEEE Transactions on Pattern Analysis and Machine Intelligence 15(9), 850-863 "
        "(1993). doi:10.1109/34.232073"
    ),
    "jaccard1912": (
        "Jaccard P. The distribution of the flora in the alpine zone. New Phytologist 11(2), 37-50 "
        "(1912). doi:10.1111/j.1469-8137.1912.tb05611.x"
    ),
    "kavur2021": (
        "Kavur AE, Gezer NS, Barış M, et al. CHAOS Challenge - combined (CT-MR) healthy abdominal "
        "organ segmentation. Medical Image Analysis 69, 101950 (2021). "
        "doi:10.1016/j.media.2020.101950"
    ),
    "long2015": (
        "Long J, Shelhamer E, Darrell T. Fully convolutional networks for semantic segmentation. "
        "CVPR (2015). doi:10.1109/CVPR.2015.7298965"
    ),
    "martin2001": (
        "Martin D, Fowlkes C, Tal D, Malik J. A database of human segmented natural images and its "
        "application to evaluating segmentation algorithms. ICCV 2, 416-423 (2001). "
        "doi:10.1109/ICCV.2001.937655"
    ),
    "matthews1975": (
        "Matthews BW. Comparison of the predicted and observed secondary structure of T4 phage "
        "lysozyme. Biochimica et Biophysica Acta 405(2), 442-451 (1975). "
        "doi:10.1016/0005-2795(75)90109-9"
    ),
    "meila2007": (
        "Meilă M. Comparing clusterings: an information based distance. Journal of Multivariate "
        "Analysis 98(5), 873-895 (2007). doi:10.1016/j.jmva.2006.11.013"
    ),
    "nikolov2021": (
        "Nikolov S, et al. Clinically applicable segmentation of head and neck anatomy for "
        "radiotherapy. Journal of Medical Internet Research 23(7), e26151 (2021). doi:10.2196/26151"
    ),
    "powers2011": (
        "Powers DMW. Evaluation: from precision, recall and F-measure to ROC, informedness, "
        "markedness and correlation. Journal of Machine Learning Technologies 2(1), 37-63 (2011). "
        "arXiv:2010.16061"
    ),
    "rand1971": (
        "Rand WM. Objective criteria for the evaluation of clustering methods. Journal of the "
        "American Statistical Association 66(336), 846-850 (1971). "
        "doi:10.1080/01621459.1971.10482356"
    ),
    "reinke2024": (
        "Reinke A, et al. Understanding metric-related pitfalls in image analysis validation. "
        "Nature Methods 21, 182-194 (2024). doi:10.1038/s41592-023-02150-0"
    ),
    "rijsbergen1979": "van Rijsbergen CJ. Information Retrieval, 2nd edition. Butterworths (1979).",
    "taha2015": (
        "Taha AA, Hanbury A. Metrics for evaluating 3D medical image segmentation: analysis, "
        "selection, and tool. BMC Medical Imaging 15, 29 (2015). doi:10.1186/s12880-015-0068-x"
    ),
    "tversky1977": (
        "Tversky A. Features of similarity. Psychological Review 84(4), 327-352 (1977). "
        "doi:10.1037/0033-295X.84.4.327"
    ),
    "yerushalmy1947": (
        "Yerushalmy J. Statistical problems in assessing methods of medical diagnosis, with "
        "special reference to X-ray techniques. Public Health Reports 62(40), 1432-1449 (1947). "
        "doi:10.2307/4586294"
    ),
    "youden1950": (
        "Youden WJ. Index for rating diagnostic tests. Cancer 3(1), 32-35 (1950). "
        "doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3"
    ),
}
